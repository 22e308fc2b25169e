package client

import (
	"time"

	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/sharelink"
)

// Share is what goes with a client that comes by a link, or gets more by it: the use of the link, and what was written down before.
type Share struct {
	Link    *sharelink.Link    // with the use taken
	Staff   int                // the agency's count of changes of its people, as it was read
	Ledger  *sharelink.Ledger  // with the join counted; nil where an administrator has decided
	Request *sharelink.Request // that was approved; nil for none
	Asked   id.User            // whose it was
	Card    *contact.Contact   // that is made for who joins, linked with the client already; nil for none
}

// AccessEnd is when the client's access ends, or was to end when it left; zero for never.
func (c *Client) AccessEnd() time.Time {
	if c.Joined() {
		return c.ExpiresAt
	}
	return c.LeftUntil
}

// Barred tells whether a link lets the person in no more: the agency has removed it, or its access has ended, whether it has left since
// or not. Whoever looks after it invites it, or gives it more time.
func (c *Client) Barred(now time.Time) bool {
	switch {
	case c.Joined():
		return c.Lapsed(now)
	case c.EndedBy == ByAgency:
		return true
	}
	return !c.LeftUntil.IsZero() && now.UnixMilli() >= c.LeftUntil.UnixMilli()
}

// JoinBy makes the person of an offer a client by a link that the agency has handed out itself: an invite that is accepted as it is
// made, and no mail goes out for. before is what the agency has with the address, or nil; it is not [Client.Barred]. An end that its
// access had when it left holds on. Faults: those of [Begin].
func JoinBy(before *Client, agency id.Agency, o Offer, link id.ShareLink, ties Ties, now time.Time) (*Client, error) {
	if before != nil {
		o.Until = before.LeftUntil
	}
	c, err := Begin(before, agency, o, now)
	if err != nil {
		return nil, err
	}
	c.Invite.Status = invite.Pending
	if err := c.Accept(now, nil, ties); err != nil {
		return nil, err
	}
	c.Source.Link = link
	return c, nil
}
