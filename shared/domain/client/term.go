package client

import (
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/role"
)

// Extension is by how much the end of somebody's access is put off with one click.
const Extension = 30 * 24 * time.Hour

// warnings are how long before the end of a client's access its agency is told of it, in their order. The last one is the end itself.
var warnings = [...]time.Duration{7 * 24 * time.Hour, 24 * time.Hour, 0}

// Tolerance is how far in the past the end of an access may lie that somebody sets, since clocks differ: it ends at once then.
const Tolerance = 5 * time.Minute

// ReadTerm checks when an access is to end, in a field of that name. Faults: [fault.Invalid] for a time that is over, or too far.
func ReadTerm(field string, at, now time.Time) (time.Time, error) {
	switch {
	case at.Before(now.Add(-Tolerance)):
		return at, fault.InField(field, "errors.term_is_over")
	case at.After(role.Latest()):
		return at, fault.InField(field, "errors.term_is_too_far")
	case at.Before(now):
		at = now
	}
	return at.Truncate(time.Millisecond), nil
}

// SetTerm sets when the client's access ends; the zero time for never. What the agency would have been told of by now is not told
// any more: whoever sets the term knows it. What lies ahead is told, of a term that was put off too. It returns false when that is
// the term already.
func (c *Client) SetTerm(until, now time.Time) bool {
	until = until.Truncate(time.Millisecond) // as it is kept
	if until.Equal(c.ExpiresAt) {
		return false
	}
	c.ExpiresAt, c.Warned = until, 0
	if !until.IsZero() {
		c.Warned = due(until, now)
	}
	return true
}

// due is how many of the warnings of a term are due.
func due(until, now time.Time) int {
	n := 0
	for n < len(warnings) && !now.Before(until.Add(-warnings[n])) {
		n++
	}
	return n
}

// warningDue is when the agency is to be told next of the end of the client's access; zero for never.
func (c *Client) warningDue() time.Time {
	if c.ExpiresAt.IsZero() || !c.Joined() || c.Warned >= len(warnings) {
		return time.Time{}
	}
	return c.ExpiresAt.Add(-warnings[c.Warned])
}

// Ending tells whether the client's access ends within the longest time for which the agency is warned.
func (c *Client) Ending(now time.Time) bool {
	return c.Joined() && !c.ExpiresAt.IsZero() && !c.Lapsed(now) && !now.Before(c.ExpiresAt.Add(-warnings[0]))
}

// Warn notes that the agency is told of the end of the client's access, and returns how long before it that is due: the latest
// warning of those that are due, 0 for the end itself. It returns false when nothing is.
func (c *Client) Warn(now time.Time) (time.Duration, bool) {
	at := c.warningDue()
	if at.IsZero() || now.Before(at) {
		return 0, false
	}
	c.Warned = due(c.ExpiresAt, now)
	return warnings[c.Warned-1], true
}

// OpenAt lists the grants to show for the client at a moment: those that are in force, or those that it has been offered.
func (c *Client) OpenAt(now time.Time) []instance.Grant {
	if c.AcceptedAt.IsZero() {
		return c.Open()
	}
	return c.GrantsAt(now)
}

// Lost lists the grants that ended with the client's access.
func (c *Client) Lost(now time.Time) []instance.Grant {
	if !c.Joined() || !c.Lapsed(now) {
		return nil
	}
	var out []instance.Grant
	for _, g := range c.Grants {
		if c.AccessAt(g.Resource, now) == "" {
			out = append(out, g)
		}
	}
	return out
}
