package client

import (
	"time"

	"latchkey.dev/shared/domain/invite"
)

// Reason is why a client is inactive.
type Reason string

// The reasons.
const (
	Expired  Reason = "expired"  // nobody accepted the invite in time
	Canceled Reason = "canceled" // the agency took the invite back
	Declined Reason = "declined" // the invitee turned the invite down
	Bounced  Reason = "bounced"  // no mail reached the address
	Removed  Reason = "removed"  // the agency ended what was accepted
	Left     Reason = "left"     // the client ended what was accepted
	Unpaid   Reason = "unpaid"   // what the client bought is not paid any more
	Promoted Reason = "promoted" // it works at the agency now
)

// Reasons lists every reason, in the order in which they are shown.
func Reasons() []Reason {
	return []Reason{Expired, Canceled, Declined, Bounced, Removed, Left, Unpaid, Promoted}
}

// Why is the reason for which the client is inactive at a moment; "" for one that is pending or active.
func (c *Client) Why(now time.Time) Reason {
	switch {
	case c.At(now) != Inactive:
		return ""
	case c.Joined():
		return Unpaid
	case c.Promoted != "":
		return Promoted
	case !c.AcceptedAt.IsZero() && c.EndedBy == ByClient:
		return Left
	case !c.AcceptedAt.IsZero():
		return Removed
	case c.Invite.WasDeclined():
		return Declined
	}
	switch c.Invite.At(now) {
	case invite.Expired:
		return Expired
	case invite.Failed:
		return Bounced
	}
	return Canceled
}

// SeenApart is how far apart the visits of a client are noted.
const SeenApart = time.Hour

// MaySee tells whether a visit at a moment is worth noting: the one before was long enough ago.
func (c *Client) MaySee(now time.Time) bool { return now.Sub(c.SeenAt) >= SeenApart }
