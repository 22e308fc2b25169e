package words

import (
	"strings"
	"time"
)

// Deadline is how the language writes until when something holds, in the zone of t: "Tuesday 8 December 2026, 18:00 CET". A zone without
// a name is told by its distance from UTC.
func (l Language) Deadline(t time.Time) string {
	c := l.calendar()
	before, _, _ := strings.Cut(c.weekday, "{d}")
	zone, _ := t.Zone()
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		zone = "UTC" + zone
	}
	return c.put(before+c.date, t) + ", " + l.Clock(t) + " " + zone
}

// Deadline is a moment until which something holds, as a value of a sentence.
type Deadline time.Time

// In is [Language.Deadline].
func (d Deadline) In(l Language) string { return l.Deadline(time.Time(d)) }

// String is the moment in English.
func (d Deadline) String() string { return d.In(English) }
