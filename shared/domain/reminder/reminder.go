// Package reminder says when people are reminded of an invitation that they haven't answered: before it ends, by day, and in their own
// time zone. It is arithmetic alone.
package reminder

import (
	"hash/fnv"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/timezone"
)

// Quiet hours are those of the night: from Evening to Morning, by the clocks of whoever is reminded.
const (
	Morning = 8
	Evening = 20
	back    = 18 // the hour to which a reminder is moved that has no morning left
)

// Timing of reminders.
const (
	Apart  = 12 * time.Hour // from one mail of an invitation to the next
	Margin = 2 * time.Hour  // before the end: what is later helps nobody
	spread = time.Hour      // over which those that wait for a morning are spread
)

// Settings is what an agency has chosen. The zero Settings are the usual ones.
type Settings struct {
	Off      bool
	First    int  // days after the invitation went out; 0 for UsualFirst, below 0 for none
	Last     int  // hours before it ends; 0 for UsualLast, below 0 for none
	Weekends bool // whether Saturdays and Sundays are days like others
}

// What is usual, and the bounds of what can be chosen: an invitation is open for seven days.
const (
	UsualFirst = 3
	UsualLast  = 24
	MostFirst  = 6
	LeastLast  = 6
	MostLast   = 72
)

// FirstDays is after how many days the first reminder is wanted; 0 for none.
func (s Settings) FirstDays() int { return orUsual(s.First, UsualFirst) }

// LastHours is how many hours before the end the last reminder is wanted; 0 for none.
func (s Settings) LastHours() int { return orUsual(s.Last, UsualLast) }

func orUsual(n, usual int) int {
	switch {
	case n < 0:
		return 0
	case n == 0:
		return usual
	}
	return n
}

// Change is what to change; nil fields stay as they are.
type Change struct {
	Enabled   *bool
	FirstDays *int // 0 for none
	LastHours *int // 0 for none
	Weekends  *bool
}

// With are the settings with the change. Faults: [fault.Invalid] in firstAfterDays and lastBeforeHours.
func (s Settings) With(c Change) (Settings, error) {
	var first, last error
	if c.Enabled != nil {
		s.Off = !*c.Enabled
	}
	if c.Weekends != nil {
		s.Weekends = *c.Weekends
	}
	if n := c.FirstDays; n != nil {
		if s.First = *n; *n < 0 || *n > MostFirst {
			first = fault.InField("firstAfterDays", "reminders.wrong_first", "most", MostFirst)
		} else if *n == 0 {
			s.First = -1
		}
	}
	if n := c.LastHours; n != nil {
		if s.Last = *n; *n != 0 && (*n < LeastLast || *n > MostLast) {
			last = fault.InField("lastBeforeHours", "reminders.wrong_last", "least", LeastLast, "most", MostLast)
		} else if *n == 0 {
			s.Last = -1
		}
	}
	return s, fault.Together(first, last)
}

// Wanted are the moments at which reminders of an invitation are wanted that went out at one moment and ends at another, in their
// order: two at most, and one where they would come at the same time (R1).
func (s Settings) Wanted(sent, end time.Time) []time.Time {
	if s.Off {
		return nil
	}
	var out []time.Time
	if d := s.FirstDays(); d > 0 {
		out = append(out, sent.Add(time.Duration(d)*24*time.Hour))
	}
	if h := s.LastHours(); h > 0 {
		last := end.Add(-time.Duration(h) * time.Hour)
		if len(out) > 0 && last.Sub(out[0]) < Apart {
			out = nil
		}
		out = append(out, last)
	}
	return out
}

// Open tells whether reminders may go out at the moment, by the clocks of the zone.
func (s Settings) Open(t time.Time, zone *time.Location) bool {
	local := t.In(zone)
	if d := local.Weekday(); !s.Weekends && (d == time.Saturday || d == time.Sunday) {
		return false
	}
	return local.Hour() >= Morning && local.Hour() < Evening
}

// Fit is when a reminder goes out that is wanted at a moment, of an invitation that ends at another one: not before from, at an hour
// at which it may (R4). What falls into quiet hours waits for the morning after them; where that is too late it goes out on the
// evening before. It returns false where there is no such hour. name spreads those that wait for the same morning.
func (s Settings) Fit(want, from, end time.Time, zone *time.Location, name string) (time.Time, bool) {
	latest := end.Add(-Margin)
	at := want
	if at.Before(from) {
		at = from
	}
	if at.After(latest) {
		return time.Time{}, false
	}
	if s.Open(at, zone) {
		return at, true
	}
	if m := s.morning(at, zone, name); !m.IsZero() && !m.After(latest) {
		return m, true
	}
	y, m, d := latest.In(zone).Date()
	for n := 0; ; n++ { // by date: days on which clocks are changed are no 24 hours long
		e := timezone.At(y, m, d-n, back, 0, zone)
		switch {
		case e.Before(from):
			return time.Time{}, false
		case s.Open(e, zone) && !e.After(latest):
			return e, true
		}
	}
}

// morning is in the first morning after the moment on which reminders may go out; zero where there is none within a week.
func (s Settings) morning(t time.Time, zone *time.Location, name string) time.Time {
	h := fnv.New64a()
	h.Write([]byte(name))                               //nolint:errcheck,gosec // it never fails
	jitter := time.Duration(h.Sum64() % uint64(spread)) //nolint:gosec // less than spread
	y, m, d := t.In(zone).Date()
	for n := range 8 {
		if at := timezone.At(y, m, d+n, Morning, 0, zone).Add(jitter); !at.Before(t) && s.Open(at, zone) {
			return at
		}
	}
	return time.Time{}
}
