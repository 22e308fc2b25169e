// Package client holds the relationship of one agency with one address: who the client is, what is open to it, and
// the invite that brings it in. There is one such relationship per agency and address, and it is stored as one item.
package client

import (
	"cmp"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/domain/words"
)

// Status is what the agency sees in its list.
type Status string

// The states.
const (
	Pending  Status = "pending"
	Active   Status = "active"
	Inactive Status = "inactive"
)

// Client is one relationship.
type Client struct {
	ID         id.Client
	Agency     id.Agency
	Email      email.Address
	Name       string // "" when none was given: then the address stands for it
	Grants     []instance.Grant
	Invite     *invite.Invite // the current one; never nil
	Earlier    []Past         // invites before it, newest last, at most MaxEarlier
	CreatedAt  time.Time
	AcceptedAt time.Time                 // zero until an invite was accepted
	EndedAt    time.Time                 // when either side ended what was accepted; zero while it lasts
	EndedBy    Side                      // who did; "" while it lasts
	SeenAt     time.Time                 // when the client last opened its portal, to within SeenApart; zero for never
	Proposal   *Proposal                 // another address that the invitee asks the agency to use; nil for none
	Payment    subscription.Subscription // of what it was asked to buy; zero for a client that pays nothing
	Terms      *contract.Contract        // by which Payment pays, when the invite that they stood on was replaced; else nil
	Items      []purchase.Item           // what was paid for, and how far it is
	PaidBy     Side                      // who pays by Payment and owns Items: [ByAgency], or "" for the client
	Handed     bool                      // Terms are of a change of payer, and stand in the place of the invite's contract
	Change     *PayerChange              // the newest proposal that the other side pays; nil where there never was one
	Listed     bool                      // false for what was rolled back: it is kept for a while to answer for, but it is no client

	Roles     []id.Role    // what it has in Client Portal since it joined, at most MaxRoles
	Rules     role.Rules   // what it alone is given there
	ExpiresAt time.Time    // from this millisecond on it has what it pays for, and nothing else; zero for never
	LeftUntil time.Time    // when the access was to end that it gave up by leaving, which holds if it comes back by a link; zero for never
	Warned    int          // how many of the warnings of the end the agency has had, see [Client.Warn]
	Contacts  []id.Contact // cards of the agency's CRM that are about it, at most MaxContacts
	Were      []id.Contact // those that were about it when it ended, which go when it is erased
	Source    Source
	Promoted  id.Member // the place that it got in the relationship's stead; "" for none
	Zone      string    // IANA name of its time zone, as the agency gave it; "" for the agency's own
	OwnZone   string    // the one that its own browser has told; "" for none
	// Unreminded is whether reminders have been stopped by a link in one, as it was when that or the last mail was. What holds when a
	// reminder is to go out is the [unsubscribe.Wish].
	Unreminded bool

	Language words.Language // its own choice, or what its browser liked best when it signed in; "" for none

	Stored   Ties      // as it was read: the store counts and links by what has changed since
	Promised time.Time // of a scheduled invite, as it was read: the store gives it back once the invite has it no more
	Version  int       // of what was read; 0 for one that is not stored yet
}

// Source is how the person came to be a client.
type Source struct {
	Link id.ShareLink // by which it joined; "" for an invite
}

// Ties are the things of the agency that know how many clients they have, or which.
type Ties struct {
	Roles    []id.Role
	Contacts []id.Contact
}

// Limits of what a client can be tied to.
const (
	MaxRoles    = 10
	MaxContacts = 10
)

// Ties are those that the client has.
func (c *Client) Ties() Ties { return Ties{c.Roles, c.Contacts} }

// Lapsed tells whether the time of the client's access is over. It stays a client, and what it pays for stays its own.
func (c *Client) Lapsed(now time.Time) bool {
	return c.Joined() && !c.ExpiresAt.IsZero() && now.UnixMilli() >= c.ExpiresAt.UnixMilli()
}

// GrantsAt are the grants that open something at a moment: after the client's access has ended, those of what it has bought.
func (c *Client) GrantsAt(now time.Time) []instance.Grant {
	if !c.Lapsed(now) {
		return c.Grants
	}
	var own []instance.Grant
	for _, g := range c.Grants {
		if c.Bought(g.Resource) != nil {
			own = append(own, g)
		}
	}
	return own
}

// Subject is the client as its rights in Client Portal are computed of it.
func (c *Client) Subject(at *agency.Agency) role.Subject {
	return role.Subject{Suspended: at.Suspended, Installed: at.Portal.Installed(), Ended: !c.Joined(), ExpiresAt: c.ExpiresAt, Own: c.Rules}
}

// untie takes from the client what it was given in Client Portal.
func (c *Client) untie() {
	if len(c.Contacts) > 0 {
		c.Were = c.Contacts
	}
	c.Roles, c.Rules, c.ExpiresAt, c.Warned, c.Contacts, c.Source = nil, nil, time.Time{}, 0, nil, Source{}
}

// Side is one of the two parties of a relationship.
type Side string

// The sides.
const (
	ByAgency Side = "agency"
	ByClient Side = "client"
)

// Proposal is an invitee's wish to be invited under another address, which the agency grants or not.
type Proposal struct {
	Address email.Address
	At      time.Time
}

// MaxEarlier is how many invites before the current one are remembered on the relationship.
const MaxEarlier = 5

// Past is what is remembered of an invite that another one replaced.
type Past struct {
	ID      id.Invite
	Status  invite.Status
	Payer   invite.Payer
	Created time.Time
	Ended   time.Time
}

// Location is the time zone by whose clocks the person is written to: the one that its own browser has told, the one that the agency
// gave, or the agency's.
func (c *Client) Location(at *agency.Agency) *time.Location {
	return timezone.Load(c.ZoneAt(at))
}

// ZoneAt is the name of that zone: the one that the client's browser has told, that the agency gave, or the agency's; "" for UTC.
func (c *Client) ZoneAt(at *agency.Agency) string { return cmp.Or(c.OwnZone, c.Zone, at.Zone) }

// Reads is the language in which the person is written to: its own, the one that the agency gave for the invitation, or the agency's.
// at may be nil for an agency that is not known.
func (c *Client) Reads(at *agency.Agency) words.Language {
	of := cmp.Or(c.Language, c.Invite.Language)
	if of == "" && at != nil {
		of = at.Language
	}
	return cmp.Or(of, words.English)
}

// Ref is where the relationship is kept.
func (c *Client) Ref() id.Ref { return c.ID.Ref() }

// DisplayName is the name, or the address in its place.
func (c *Client) DisplayName() string {
	if c.Name != "" {
		return c.Name
	}
	return string(c.Email)
}

// Joined tells whether the person is a client now: it has accepted, and neither side has ended it since.
func (c *Client) Joined() bool { return !c.AcceptedAt.IsZero() && c.EndedAt.IsZero() }

// Due is when somebody should look after the relationship if nothing happens to it until then; zero for never.
func (c *Client) Due() time.Time {
	due := c.Invite.Due()
	for _, t := range append(c.dues(), c.Payment.Due, c.warningDue(), c.Change.LookAt()) {
		if !t.IsZero() && (due.IsZero() || t.Before(due)) {
			due = t
		}
	}
	return due
}

// Keeps tells whether the item has no term: what the operator has stopped is kept until that goes on.
func (c *Client) Keeps(i *purchase.Item) bool {
	return c.Payment.Resting && i.State == purchase.Suspended && !i.Stale
}

func (c *Client) dues() []time.Time {
	out := make([]time.Time, 0, len(c.Items)+1)
	for n := range c.Items {
		if i := &c.Items[n]; !c.Keeps(i) {
			out = append(out, i.Due)
		}
	}
	return out
}

// At is the state at a moment.
func (c *Client) At(now time.Time) Status {
	if c.Joined() {
		if c.Payment.Over() && !c.AgencyPays() { // what it paid for is not paid any more
			return Inactive
		}
		return Active
	}
	switch c.Invite.At(now) {
	case invite.Sending, invite.Pending, invite.Scheduled:
		return Pending
	}
	return Inactive
}

// Offer is what an inviter has put together.
type Offer struct {
	Email   email.Address
	Name    string
	Payer   invite.Payer
	Grants  []instance.Grant
	Message string
	From    invite.Sender

	Contract *contract.Contract // nil for a client that buys nothing

	Roles   []id.Role  // to be given with the acceptance, as far as they are good then
	Contact id.Contact // the card to be linked with the acceptance; "" for none
	Until   time.Time  // when the access is to end; zero for never

	Language words.Language // in which it is written to; "" for the one of the invite before, or the agency's own
}

// The keys of what is said about an address that has been invited before.
const (
	PayerFixed = "errors.payer_fixed"
	Invited    = "errors.already_invited"
	Accepted   = "errors.already_client"
	StillPays  = "errors.still_pays"
	YouPay     = "errors.you_pay_for_theirs"
	PayingBack = "errors.paying_back"
)

// Begin makes the relationship for an offer, or puts the offer in the place of an invite that has ended. before is
// nil when the agency has nothing with this address. The invite has its id and term but no mail yet.
//
// What the address has bought before comes along. While it is paid for, so does its payment, and both are the client's
// again with the acceptance; what is not paid any more stays halted until its term is over, see [purchase.Item.Leave].
//
// It returns a fault with code [fault.AlreadyClient] when the address has accepted, or a payment of before is in the way,
// [fault.PayerFixed] or [fault.AlreadyInvited] when it has a live invite: a contract that is out is not changed behind the
// reader's back.
func Begin(before *Client, agency id.Agency, o Offer, now time.Time) (*Client, error) {
	ref := id.RefOf(agency, o.Email)
	c := &Client{ID: id.At[id.Client](id.ClientPrefix, ref, now), Agency: agency, CreatedAt: now}
	if before != nil {
		if before.Email != o.Email && !before.Erased() {
			// Two addresses at one ref: 2^40 addresses tried on purpose, see id.Ref.
			return nil, fault.New(fault.AlreadyInvited, Invited)
		}
		if before.Joined() {
			return nil, before.taken(fault.AlreadyClient, Accepted)
		}
		switch before.Invite.At(now) {
		case invite.Sending, invite.Pending, invite.Scheduled:
			if before.Invite.Payer != o.Payer {
				return nil, before.taken(fault.PayerFixed, PayerFixed)
			}
			return nil, before.taken(fault.AlreadyInvited, Invited)
		}
		if before.returning() {
			return nil, before.taken(fault.AlreadyClient, PayingBack)
		}
		if before.AgencyKeeps() && o.Contract != nil {
			return nil, before.taken(fault.AlreadyClient, YouPay)
		}
		if before.Payment.State.Open() && o.Contract != nil {
			return nil, before.taken(fault.AlreadyClient, StillPays)
		}
		c = before.clone()
		c.Earlier = append(c.Earlier,
			Past{before.Invite.ID, before.Invite.At(now), before.Invite.Payer, before.Invite.CreatedAt, before.Invite.EndedAt})
		if len(c.Earlier) > MaxEarlier {
			c.Earlier = c.Earlier[len(c.Earlier)-MaxEarlier:]
		}
		if !before.Listed { // it never came to be a client
			c.ID, c.CreatedAt, c.Earlier = id.At[id.Client](id.ClientPrefix, ref, now), now, nil
		}
	}
	at := now
	if before != nil && at.UnixMilli() <= before.Invite.CreatedAt.UnixMilli() { // an id of its own within one millisecond, too
		at = before.Invite.CreatedAt.Add(time.Millisecond)
	}
	c.Email, c.Name, c.Grants, c.Listed = o.Email, o.Name, nil, true
	c.AcceptedAt, c.EndedAt, c.EndedBy, c.Promoted, c.Proposal = time.Time{}, time.Time{}, "", "", nil
	c.untie()
	c.carry(now)
	if o.Language == "" && c.Invite != nil && before.Email == o.Email {
		o.Language = c.Invite.Language
	}
	c.Invite = &invite.Invite{
		Language: o.Language,
		ID:       id.At[id.Invite](id.InvitePrefix, ref, at), Payer: o.Payer, Grants: o.Grants, Message: o.Message, From: o.From,
		Contract: o.Contract, Roles: o.Roles, Contact: o.Contact, AccessUntil: o.Until,
		CreatedAt: at, ExpiresAt: at.Add(invite.Lifetime),
	}
	return c, nil
}

// taken is the fault of an address that the agency has something with, which leads to what that is.
func (c *Client) taken(code fault.Code, key string) *fault.Error {
	f := fault.New(code, key)
	if c.Listed {
		f.Existing = string(c.ID)
	}
	return f
}

// RollBack takes back a relationship whose first mail could not be sent. What was there before the invite stays
// listed; otherwise the address is as free as if nobody had typed it.
func (c *Client) RollBack() { c.Listed = len(c.Earlier) > 0 }

// Accept makes the invited person a client with the grants that still stand, and with what of the invite's roles and contact is
// good still.
func (c *Client) Accept(now time.Time, standing []instance.Grant, ties Ties) error {
	if err := c.Invite.Accept(now); err != nil {
		return err
	}
	c.AcceptedAt, c.Grants, c.Proposal = now, standing, nil
	c.tie(ties, now)
	c.own()
	return nil
}

// tie gives the client what its invite says of Client Portal.
func (c *Client) tie(t Ties, now time.Time) {
	c.Roles, c.Contacts, c.LeftUntil = t.Roles, t.Contacts, time.Time{}
	c.SetTerm(c.Invite.AccessUntil, now)
}

// AcceptPaid makes the person who has paid a client. It returns false when the invite is not to be had any more, see
// [invite.Invite.AcceptPaid].
func (c *Client) AcceptPaid(now time.Time, ties Ties) bool {
	if !c.Invite.AcceptPaid(now) {
		return false
	}
	c.AcceptedAt, c.EndedAt, c.EndedBy, c.Grants, c.Proposal = now, time.Time{}, "", nil, nil
	c.tie(ties, now)
	return true
}

// Access is the right that the client has to a resource; "" for none.
func (c *Client) Access(r id.Resource) instance.Access {
	for _, g := range c.Grants {
		if g.Resource == r {
			return g.Access
		}
	}
	return ""
}

// AccessAt is the right that the client has to a resource at a moment; "" for none, also when its access has ended.
func (c *Client) AccessAt(r id.Resource, now time.Time) instance.Access {
	if c.Lapsed(now) && c.Bought(r) == nil {
		return ""
	}
	return c.Access(r)
}

// Open lists the grants to show for the client: those it has, or those it has been offered.
func (c *Client) Open() []instance.Grant {
	if !c.AcceptedAt.IsZero() { // none when it was ended
		return c.Grants
	}
	return c.Invite.Grants
}

func (c *Client) clone() *Client {
	d := *c
	d.Earlier = append([]Past(nil), c.Earlier...)
	d.Items = append([]purchase.Item(nil), c.Items...)
	return &d
}
