// Package timezone reads the names of time zones, and brings their data along: the machines of functions had none for long, and it
// isn't documented that they have any. What tells no time in an agency's zone doesn't link the data.
package timezone

import (
	"bufio"
	"compress/flate"
	_ "embed" // for the data
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"latchkey.dev/shared/domain/fault"
)

//go:generate go run ./write zones.flate

// zones is the data of Go's own package time/tzdata, of which it takes an eighth: for each zone a line with the number of its bytes and
// its names, and then the bytes. It is in every program that links [Load], and time/tzdata would be in all that import this package.
//
//go:embed zones.flate
var zones string

// longest is how long a name is at most, in bytes.
const longest = 64

// Parse reads the IANA name of a time zone in a field of the name; "" and "UTC" are UTC, whose name is "". Faults: [fault.Invalid].
func Parse(field, typed string) (string, error) {
	name := strings.TrimSpace(typed)
	if name == "" || strings.EqualFold(name, "UTC") {
		return "", nil
	}
	if len(name) <= longest && strings.Contains(name, "/") {
		if l, err := find(name); err == nil {
			return l.String(), nil
		}
	}
	return "", fault.InField(field, "errors.choose_a_time_zone")
}

// Load is the time zone of a name that was parsed.
func Load(name string) *time.Location {
	if l, err := find(name); err == nil {
		return l
	}
	return time.UTC // what is shown says so
}

// found are the zones that were asked for, by their names, since a list asks for each of its rows.
var found sync.Map // name → *time.Location

// find reads the zone of a name, which takes a millisecond.
func find(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	if l, ok := found.Load(name); ok {
		return l.(*time.Location), nil
	}
	r := bufio.NewReader(flate.NewReader(strings.NewReader(zones)))
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("timezone: %q: %w", name, err) // at the end
		}
		size, names, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.Atoi(size)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(strings.Fields(names), name) {
			if _, err := r.Discard(n); err != nil {
				return nil, err
			}
			continue
		}
		data := make([]byte, n)
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, err
		}
		l, err := time.LoadLocationFromTZData(name, data)
		if err != nil {
			return nil, err
		}
		found.Store(name, l)
		return l, nil
	}
}

// Shown is the name as people read it.
func Shown(name string) string {
	if name == "" {
		return "UTC"
	}
	return name
}

// Usual are names that are offered where one is typed.
func Usual() []string {
	return []string{"UTC", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Anchorage",
		"America/Argentina/Buenos_Aires", "America/Bogota", "America/Chicago", "America/Denver", "America/Halifax", "America/Lima",
		"America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Phoenix", "America/Santiago", "America/Sao_Paulo",
		"America/Toronto", "Asia/Bangkok", "Asia/Dhaka", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Jerusalem",
		"Asia/Karachi", "Asia/Kolkata", "Asia/Manila", "Asia/Riyadh", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Taipei",
		"Asia/Tokyo", "Atlantic/Reykjavik", "Australia/Brisbane", "Australia/Perth", "Australia/Sydney", "Europe/Amsterdam",
		"Europe/Athens", "Europe/Berlin", "Europe/Brussels", "Europe/Bucharest", "Europe/Copenhagen", "Europe/Dublin",
		"Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Oslo",
		"Europe/Paris", "Europe/Prague", "Europe/Rome", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich",
		"Pacific/Auckland", "Pacific/Honolulu"}
}

// At is the moment at which clocks of the zone show the date and time of day. What they show twice is the first time; where they are
// put forward past it, it is the moment at which that is done (R7). Go's own time.Date promises neither.
func At(year int, month time.Month, day, hour, minute int, zone *time.Location) time.Time {
	wall := time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
	const around = 26 * time.Hour // no clock is further from UTC, and no more was ever skipped at once
	for t := wall.Add(-around).In(zone); ; {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		at := wall.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || at.Before(end) {
			if at.Before(t) { // skipped by the change at t
				return t
			}
			return at.In(zone)
		}
		t = end.In(zone)
	}
}

// Names lists all zones that there are, by every name that they have.
func Names() []string {
	out := []string{""}
	r := bufio.NewReader(flate.NewReader(strings.NewReader(zones)))
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			slices.Sort(out)
			return out
		}
		size, names, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.Atoi(size)
		if err != nil {
			return out
		}
		if _, err := r.Discard(n); err != nil {
			return out
		}
		out = append(out, strings.Fields(names)...)
	}
}
