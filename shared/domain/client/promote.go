package client

import (
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// Promotion makes the person behind a relationship a member of the agency, in the transaction that ends the relationship.
type Promotion struct {
	Member agency.Member
	Staff  int // Agency.Staff as it was read
}

// MayPromote returns nil when the client can be made a member; else a fault with code [fault.NotActive]: who has not accepted, and
// who pays or owns something, which it keeps.
func (c *Client) MayPromote() error {
	switch {
	case !c.Joined():
		return fault.New(fault.NotActive, "errors.promote_not_joined")
	case c.Bound():
		return fault.New(fault.NotActive, "errors.promote_owns")
	}
	return nil
}

// Promote ends the relationship of a client who becomes that member: what was open to it is closed, roles, rules and expiry are gone,
// and they do not come back. What it did stays told.
func (c *Client) Promote(now time.Time, to id.Member) error {
	if err := c.MayPromote(); err != nil {
		return err
	}
	c.End(now, ByAgency)
	c.Promoted = to
	return nil
}
