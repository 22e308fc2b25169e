// Package timezone reads the names of time zones. It brings the data along, since a function's machine has none: whatever tells times in
// an agency's time zone imports it.
package timezone

import (
	"strings"
	"time"
	_ "time/tzdata" // 450 KB

	"latchkey.dev/shared/domain/fault"
)

// longest is how long a name is at most, in bytes.
const longest = 64

// Parse reads the IANA name of a time zone in a field of the name; "" and "UTC" are UTC, whose name is "". Faults: [fault.Invalid].
func Parse(field, typed string) (string, error) {
	name := strings.TrimSpace(typed)
	if name == "" || strings.EqualFold(name, "UTC") {
		return "", nil
	}
	if len(name) <= longest && name != "Local" && strings.Contains(name, "/") {
		if l, err := time.LoadLocation(name); err == nil {
			return l.String(), nil
		}
	}
	return "", fault.InField(field, "errors.choose_a_time_zone")
}

// Load is the time zone of a name that was parsed.
func Load(name string) *time.Location {
	if l, err := time.LoadLocation(name); err == nil { // "" is UTC
		return l
	}
	return time.UTC
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
