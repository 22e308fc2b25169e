package api

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Time is a moment as answers give it: RFC 3339 in UTC, always with three digits for milliseconds, which is what the store
// keeps; so that the answer to a change and every later one say the same.
type Time time.Time

// timeForm is the form of [Time] as the time package writes it.
const timeForm = "2006-01-02T15:04:05.000Z"

// MarshalJSON writes the moment.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + time.Time(t).UTC().Format(timeForm) + `"`), nil
}

// IsZero tells whether there is no such moment.
func (t Time) IsZero() bool { return time.Time(t).IsZero() }

// Schema describes the form.
func (Time) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Description: "RFC 3339 in UTC, with milliseconds.",
		Examples: []any{"2026-11-29T07:40:00.000Z"}}
}

// orNull is the moment, or null where there is none.
func orNull(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	at := Time(t)
	return &at
}
