package invite

import (
	"strings"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/timezone"
)

// How far ahead an invite can be scheduled, and until when before its time that can be changed (R8).
const (
	SoonestAhead = 5 * time.Minute
	LongestAhead = 30 * 24 * time.Hour
	Settled      = time.Minute
)

// localTime is how a time of day is written that is read by the clocks of a zone.
const localTime = "2006-01-02T15:04"

// When is a time for an invite to go out, as somebody wrote it: a moment, or a date and a time of day by the clocks of a zone.
type When struct {
	moment time.Time
	local  string // as localTime has it; "" for a moment
}

// ParseWhen reads a moment of RFC 3339, or a time of day such as 2026-12-08T09:00, in a field of the name. Faults: [fault.Invalid].
func ParseWhen(field, s string) (When, error) {
	s = strings.TrimSpace(s)
	if at, err := time.Parse(time.RFC3339, s); err == nil && plausible(at) {
		return When{moment: at}, nil
	}
	if at, err := time.Parse(localTime, s); err == nil && plausible(at) {
		return When{local: at.Format(localTime)}, nil
	}
	return When{}, fault.InField(field, "reminders.wrong_time")
}

func plausible(at time.Time) bool { return at.Year() >= 1970 && at.Year() <= 9999 }

// In is the moment, where a time of day is by the clocks of the zone (R7). It must be far enough ahead, and not too far. Faults:
// [fault.Invalid] in the field.
func (w When) In(field string, zone *time.Location, now time.Time) (time.Time, error) {
	at := w.moment
	if w.local != "" {
		local, err := time.Parse(localTime, w.local)
		if err != nil {
			return time.Time{}, err // it was written by ParseWhen
		}
		y, m, d := local.Date()
		at = timezone.At(y, m, d, local.Hour(), local.Minute(), zone)
	}
	switch {
	case at.Before(now.Add(SoonestAhead)):
		return time.Time{}, fault.InField(field, "reminders.too_soon", "n", int(SoonestAhead/time.Minute))
	case at.After(now.Add(LongestAhead)):
		return time.Time{}, fault.InField(field, "reminders.too_far", "n", int(LongestAhead/(24*time.Hour)))
	}
	return at.UTC().Truncate(time.Millisecond), nil
}

// Lasts tells whether the access that the invite gives goes on at a moment, such as that at which it is to go out.
func (i *Invite) Lasts(at time.Time) bool { return i.AccessUntil.IsZero() || at.Before(i.AccessUntil) }

// Reschedule gives a scheduled invite another time. It returns a fault with code [fault.NotPending] for any other, and for one that is
// about to go out.
func (i *Invite) Reschedule(now, at time.Time) error {
	switch {
	case i.Status != Scheduled:
		return fault.New(fault.NotPending, "reminders.not_scheduled")
	case !now.Before(i.SendAt.Add(-Settled)):
		return fault.New(fault.NotPending, "reminders.about_to_go")
	}
	i.Postpone(at)
	i.Note(Replanned, now, "")
	return nil
}
