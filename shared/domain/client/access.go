package client

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

// Grant opens a resource to the client, or changes the right that it has. Before the invite is accepted it is the
// offer that changes; whoever is looking at it is shown the new one before it can be accepted, see
// [invite.Invite.Offer]. It returns the right that there was before, "" for none.
//
// Faults: [fault.NotActive] for a client that has neither accepted nor been invited, whose access has ended, or that is asked to
// pay for what it gets; [fault.Invalid] for more than [invite.MaxGrants].
func (c *Client) Grant(now time.Time, g instance.Grant) (instance.Access, error) {
	if err := c.MayChange(now); err != nil {
		return "", err
	}
	grants, err := c.changeable(now)
	if err != nil {
		return "", err
	}
	for i := range *grants {
		if x := &(*grants)[i]; x.Resource == g.Resource {
			before := x.Access
			*x = g
			return before, nil
		}
	}
	if len(*grants) >= invite.MaxGrants {
		return "", fault.InField("resource", "errors.a_client_can_have_instances_and", "max_grants", invite.MaxGrants)
	}
	*grants = append(*grants, g)
	return "", nil
}

// Revoke takes a resource away. It returns the right that there was before, "" for none, which is no fault. Faults:
// [fault.NotActive] as for Grant, but for an access that has ended.
func (c *Client) Revoke(now time.Time, r id.Resource) (instance.Access, error) {
	grants, err := c.changeable(now)
	if err != nil {
		return "", err
	}
	kept := make([]instance.Grant, 0, len(*grants))
	before := instance.Access("")
	for _, g := range *grants {
		if g.Resource == r {
			before = g.Access
			continue
		}
		kept = append(kept, g)
	}
	*grants = kept
	return before, nil
}

// changeable are the grants that a change is to be made in.
func (c *Client) changeable(now time.Time) (*[]instance.Grant, error) {
	switch s := c.At(now); {
	case s == Active:
		return &c.Grants, nil
	case s == Pending && c.Invite.Payer == invite.AgencyPays:
		return &c.Invite.Grants, nil
	case s == Pending && c.Invite.Contract == nil:
		return nil, fault.New(fault.NotActive, "errors.they_were_invited_to_a_free")
	case s == Pending:
		return nil, fault.New(fault.NotActive, "errors.you_asked_them_to_pay_you")
	}
	return nil, fault.New(fault.NotActive, "errors.they_arent_your_client_now_invite")
}

// MayEnd returns nil when the relationship can be ended; else a fault with code [fault.NotActive]: who pays by subscription
// stays until it cancels, so that nobody pays for what it cannot see; and what a client has paid for is not taken from it
// before its time is over.
func (c *Client) MayEnd(by Side) error {
	if c.Change.Bound() && c.Joined() {
		return fault.New(fault.NotActive, "errors.payer_changes_soon", "date", words.Date(c.Change.Terms.At.UTC()))
	}
	if !c.Joined() || !c.Payment.State.Open() || c.AgencyPays() {
		return nil
	}
	if by == ByClient {
		if c.Payment.Ending { // it has cancelled, and may go before the end of what it has paid for
			return nil
		}
		return fault.New(fault.NotActive, "errors.you_still_pay_for_what_runs", "agency_name", c.Invite.From.AgencyName)
	}
	return fault.New(fault.NotActive, "errors.they_pay_for_their_hosting_and")
}

// Bound tells whether money ties the client to the agency: it pays or may be paying at this moment, or what it has bought
// is not deleted yet.
func (c *Client) Bound() bool {
	return c.Payment.State == subscription.CheckoutOpen || c.Kept()
}

// Kept tells whether the client is [Client.Bound] by more than an open payment page, which can be closed.
func (c *Client) Kept() bool {
	if s := c.Payment.State; s.Open() || s == subscription.Disputed || c.Payment.Resting {
		return true
	}
	return slices.ContainsFunc(c.Items, func(i purchase.Item) bool { return i.State != purchase.Deleted && i.State != purchase.Refunded })
}

// End ends the relationship: what was open is closed, an invite that is out is dead. Ending what has ended is no fault
// and changes nothing; the result says whether anything changed.
func (c *Client) End(now time.Time, by Side) bool {
	switch {
	case c.Joined():
		c.Grants, c.EndedAt, c.EndedBy, c.Proposal, c.LeftUntil = nil, now, by, nil, c.ExpiresAt
		c.untie()
		c.Change.Drop(now, Parted)
		if !c.AgencyPays() {
			c.Payment.Part(now)
		}
		return true
	case c.AcceptedAt.IsZero() && c.Invite.Cancel(now) == nil:
		c.Proposal = nil
		c.Payment.Hurry(now)
		return true
	}
	return false
}

// ProposalsPerDay is how often an invitee may name another address within a day.
const ProposalsPerDay = 3

// Propose notes the invitee's wish for another address, in the place of an earlier wish. Faults: [fault.Gone],
// [fault.Expired] for an invite that is not live; [fault.Invalid] for the address that was invited; [fault.RateLimited]
// after ProposalsPerDay.
func (c *Client) Propose(now time.Time, to email.Address) error {
	if err := c.Invite.MayAnswer(now); err != nil {
		return err
	}
	if to == c.Email {
		return fault.InField("email", "errors.this_is_the_address_that_was")
	}
	const day = 24 * time.Hour
	var within []time.Time
	for _, e := range c.Invite.Timeline {
		if e.Name == invite.Proposed && now.Sub(e.At) < day {
			within = append(within, e.At)
		}
	}
	if len(within) >= ProposalsPerDay {
		e := fault.New(fault.RateLimited, "errors.you_have_named_several_addresses")
		e.Retry, e.Limit = within[len(within)-ProposalsPerDay].Add(day).Sub(now),
			fault.Limit{Name: "propose", Quota: ProposalsPerDay, Window: day}
		return e
	}
	c.Proposal = &Proposal{Address: to, At: now}
	c.Invite.Note(invite.Proposed, now, "")
	return nil
}

// MayChange returns nil when something can be opened to the client; else the fault of Grant.
func (c *Client) MayChange(now time.Time) error {
	if c.Joined() && c.Lapsed(now) {
		return fault.New(fault.NotActive, "errors.their_access_has_ended")
	}
	_, err := c.changeable(now)
	return err
}
