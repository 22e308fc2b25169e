package sharelink

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// Ledger counts what all links of an agency do together. Every new link, join without approval, and request is written with it, while
// it is the one that was read, so that each is decided from all that were before.
type Ledger struct {
	Agency  id.Agency
	Joins   []time.Time // of the last hour, at most JoinsHourly
	ToldAt  time.Time   // when administrators were last told that somebody waits; zero for never
	Due     time.Time   // when they are to be told of who came since; zero when nobody did
	Version int         // of what was read; 0 for one that is not stored yet
}

// apart is how far apart administrators are told of requests.
const apart = 24 * time.Hour

// Join counts a join without approval. Faults: [fault.RateLimited].
func (l *Ledger) Join(now time.Time) error {
	now = now.Truncate(time.Millisecond) // as it is stored
	within := slices.DeleteFunc(slices.Clone(l.Joins), func(t time.Time) bool { return now.Sub(t) >= time.Hour })
	if len(within) >= JoinsHourly {
		e := fault.New(fault.RateLimited, "links.joins_hourly", "most", JoinsHourly)
		e.Retry, e.Limit = min(within[0].Add(time.Hour).Sub(now), time.Hour),
			fault.Limit{Name: "joins", Quota: JoinsHourly, Window: time.Hour}
		return e
	}
	l.Joins = append(within, now)
	slices.SortFunc(l.Joins, time.Time.Compare)
	return nil
}

// Asked records that somebody waits, and tells whether administrators are to be told of it now: once in a day. Who comes before the
// day is over is told of then.
func (l *Ledger) Asked(now time.Time) bool {
	if now.Sub(l.ToldAt) >= apart {
		l.ToldAt, l.Due = now.Truncate(time.Millisecond), time.Time{}
		return true
	}
	if l.Due.IsZero() {
		l.Due = l.ToldAt.Add(apart)
	}
	return false
}

// Tell is called when administrators are due to be told, with whether anybody waits still. It returns whether they are to be told now,
// and false in changed when it is not the time.
func (l *Ledger) Tell(now time.Time, waiting bool) (tell, changed bool) {
	if l.Due.IsZero() || now.Before(l.Due) {
		return false, false
	}
	l.Due = time.Time{}
	if waiting {
		l.ToldAt = now.Truncate(time.Millisecond)
	}
	return waiting, true
}
