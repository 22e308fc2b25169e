// Package notice holds what an agency's people are told by mail of what its clients did. Every kind of it is in one register: what
// it is of, how it is said, whom it is for, and whether it is told unless somebody says otherwise. What happened is kept for each
// person in a box until the box is due, and then goes out in one mail.
package notice

import (
	"slices"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
)

// Kind is a kind of notice.
type Kind string

// The kinds.
const (
	Accepted      Kind = "invite_accepted"
	Declined      Kind = "invite_declined"
	Proposed      Kind = "address_proposed"
	LinkRequested Kind = "new_link_requested"
	Expired       Kind = "invite_expired"
	Bounced       Kind = "invite_bounced"
	NotSent       Kind = "invite_failed" // of a scheduled one, whose sender isn't there to see it
	Paid          Kind = "payment_received"
	Unpaid        Kind = "payment_failed"
	Joined        Kind = "joined_by_link"
	JoinRequested Kind = "join_requested"
	Ending        Kind = "access_ending"
	Ended         Kind = "access_ended"
	NothingOpen   Kind = "nothing_open"
	RoleExpiring  Kind = "role_expiring"

	EndpointFailing  Kind = "webhook_failing"
	EndpointDisabled Kind = "webhook_disabled"
	PayerRequested   Kind = "payer_requested"
	PayerAgreed      Kind = "payer_agreed"
	PayerDeclined    Kind = "payer_declined"
	PayerChanged     Kind = "payer_changed"
	PayerFailed      Kind = "payer_failed"
	PowerUsed        Kind = "api_key_power_used"
)

// Definition says all about a kind but its words.
type Definition struct {
	Kind   Kind
	Action audit.Action // the row of the log that it tells of
	Owners bool         // whether it is for owners, too, because it is about money
	Rights bool         // whether it is for the administrators of Client Portal, whoever invited, because they are to do something
	Off    bool         // whether nobody is told who has not asked for it
	Always bool         // whether it is for owners, whatever else they may see or have switched off
}

// register is all kinds, in the order of the settings. A new kind is a line here and its words below: its notices, its switch in
// the settings and in the API, and its share of the limits follow from that.
var register = []Definition{
	{Kind: Accepted, Action: audit.InviteAccepted},
	{Kind: Declined, Action: audit.InviteDeclined},
	{Kind: Proposed, Action: audit.AddressProposed},
	{Kind: LinkRequested, Action: audit.LinkRequested},
	{Kind: Expired, Action: audit.InviteExpired},
	{Kind: Bounced, Action: audit.InviteBounced},
	{Kind: NotSent, Action: audit.InviteFailed},
	{Kind: Paid, Action: audit.PaymentReceived, Owners: true},
	{Kind: Unpaid, Action: audit.PaymentFailed, Owners: true},
	{Kind: PayerRequested, Action: audit.PayerRequested, Owners: true},
	{Kind: PayerAgreed, Action: audit.PayerAgreed, Owners: true},
	{Kind: PayerDeclined, Action: audit.PayerDeclined, Owners: true},
	{Kind: PayerChanged, Action: audit.PayerChanged, Owners: true},
	{Kind: PayerFailed, Action: audit.PayerFailed, Owners: true},
	{Kind: Joined, Action: audit.LinkJoined, Rights: true},
	{Kind: JoinRequested, Action: audit.JoinRequested, Rights: true},
	{Kind: Ending, Action: audit.AccessEnding, Rights: true},
	{Kind: Ended, Action: audit.AccessEnded, Rights: true},
	{Kind: NothingOpen, Action: audit.NothingOpen, Rights: true},
	{Kind: RoleExpiring, Action: audit.RoleExpiring, Rights: true},
	{Kind: EndpointFailing, Action: audit.EndpointFailing},
	{Kind: EndpointDisabled, Action: audit.EndpointDisabled},
}

// always are the kinds that nobody can switch off, which are in no settings.
var always = []Definition{{Kind: PowerUsed, Action: audit.PowerUsed, Always: true}}

// Title is what is switched, in the settings.
func (k Kind) Title() string {
	switch k {
	case Accepted:
		return words.Say("notifications.accepted_title")
	case Declined:
		return words.Say("notifications.declined_title")
	case Proposed:
		return words.Say("notifications.proposed_title")
	case LinkRequested:
		return words.Say("notifications.link_requested_title")
	case Expired:
		return words.Say("notifications.expired_title")
	case Bounced:
		return words.Say("notifications.bounced_title")
	case NotSent:
		return words.Say("notifications.not_sent_title")
	case Paid:
		return words.Say("notifications.paid_title")
	case Unpaid:
		return words.Say("notifications.unpaid_title")
	case Joined:
		return words.Say("notifications.joined_title")
	case JoinRequested:
		return words.Say("notifications.join_requested_title")
	case Ending:
		return words.Say("notifications.ending_title")
	case Ended:
		return words.Say("notifications.ended_title")
	case NothingOpen:
		return words.Say("notifications.nothing_open_title")
	case RoleExpiring:
		return words.Say("notifications.role_expiring_title")
	case EndpointFailing:
		return words.Say("notifications.webhook_failing_title")
	case EndpointDisabled:
		return words.Say("notifications.webhook_disabled_title")
	case PayerRequested:
		return words.Say("payer.told_requested_title")
	case PayerAgreed:
		return words.Say("payer.told_agreed_title")
	case PayerDeclined:
		return words.Say("payer.told_declined_title")
	case PayerChanged:
		return words.Say("payer.told_done_title")
	case PayerFailed:
		return words.Say("payer.told_failed_title")
	}
	return string(k)
}

// Says is what the client did, as a sentence without its full stop. Of a role it is what becomes of that, and of an API key what that
// did.
func (k Kind) Says(client string) string {
	switch k {
	case Accepted:
		return words.Say("notifications.accepted", "client", client)
	case Declined:
		return words.Say("notifications.declined", "client", client)
	case Proposed:
		return words.Say("notifications.proposed", "client", client)
	case LinkRequested:
		return words.Say("notifications.link_requested", "client", client)
	case Expired:
		return words.Say("notifications.expired", "client", client)
	case Bounced:
		return words.Say("notifications.bounced", "client", client)
	case NotSent:
		return words.Say("notifications.not_sent", "client", client)
	case Paid:
		return words.Say("notifications.paid", "client", client)
	case Unpaid:
		return words.Say("notifications.unpaid", "client", client)
	case Joined:
		return words.Say("notifications.joined", "client", client)
	case JoinRequested:
		return words.Say("notifications.join_requested")
	case Ending:
		return words.Say("notifications.ending", "client", client)
	case Ended:
		return words.Say("notifications.ended", "client", client)
	case NothingOpen:
		return words.Say("notifications.nothing_open", "client", client)
	case RoleExpiring:
		return words.Say("notifications.role_expiring", "role", client)
	case EndpointFailing:
		return words.Say("notifications.webhook_failing")
	case EndpointDisabled:
		return words.Say("notifications.webhook_disabled")
	case PayerRequested:
		return words.Say("payer.told_requested", "client", client)
	case PayerAgreed:
		return words.Say("payer.told_agreed", "client", client)
	case PayerDeclined:
		return words.Say("payer.told_declined", "client", client)
	case PayerChanged:
		return words.Say("payer.told_done", "client", client)
	case PayerFailed:
		return words.Say("payer.told_failed", "client", client)
	case PowerUsed:
		return words.Say("notifications.power_used", "key", client)
	}
	return client
}

// Register lists all kinds that people can switch, in the order of the settings.
func Register() []Definition { return slices.Clone(register) }

// Find is the definition of the kind; false when there is none.
func (k Kind) Find() (Definition, bool) {
	for _, all := range [][]Definition{register, always} {
		if n := slices.IndexFunc(all, func(d Definition) bool { return d.Kind == k }); n >= 0 {
			return all[n], true
		}
	}
	return Definition{}, false
}

// Of is the kind of notice that tells of a row of the log; "" for one that nobody is told of.
func Of(a audit.Action) Kind {
	for _, d := range register {
		if d.Action == a {
			return d.Kind
		}
	}
	return ""
}

// Event is something that happened and has not been put into anybody's box yet.
type Event struct {
	ID      id.Event // of the row of the log
	Kind    Kind
	Client  id.Client // "" for a kind that is of nobody in particular
	Invite  id.Invite // the client's at that time
	Role    id.Role   // when not "", the role that it is about, in the place of a client
	Inviter id.Member // whose invite that was
	Powers  []Power   // of keys, in the place of a client
	Shared  bool      // whether more than one is told; known once it is known whom it is for
}

// Power is a powerful scope that an API key has used.
type Power struct {
	Key   id.Key
	Scope string
}

// Tells tells whether the member may be told of what the kind is of, as the member is now: who is denied Client Portal is told of none
// of the agency's clients, of external users' access its administrators are, and what is paid is no business of employees.
func (d Definition) Tells(m *agency.Member) bool {
	switch right := m.PortalRight(); {
	case d.Always:
		return m.Level == agency.Owner
	case right == agency.Denied:
		return false
	case d.Rights:
		return right == agency.Administrator
	case d.Owners:
		return m.Level != agency.Employee
	}
	return true
}

// For lists who of the agency's people is told of the event: who invited, for money the owners, too, and the owners in the place of
// an inviter who is gone, or may not be told; for the access of external users the administrators of Client Portal, and nobody else. Of
// a kind that is not known any more nobody is told.
func (e Event) For(people agency.Members) []id.Member {
	d, ok := e.Kind.Find()
	if !ok {
		return nil
	}
	inviter := people.Find(e.Inviter)
	if inviter != nil && !d.Tells(inviter) {
		inviter = nil
	}
	var out []id.Member
	for i := range people {
		m := &people[i]
		if d.Rights || d.Always {
			if d.Tells(m) {
				out = append(out, m.ID)
			}
			continue
		}
		if m == inviter || m.Level == agency.Owner && (d.Owners || inviter == nil) {
			out = append(out, m.ID)
		}
	}
	return out
}

// Choices are the kinds that somebody has switched to something else than what the register says, or back to that.
type Choices map[Kind]bool

// On tells whether the kind is told.
func (c Choices) On(k Kind) bool {
	d, known := k.Find()
	if on, ok := c[k]; ok && !d.Always {
		return on
	}
	return known && !d.Off
}

// With are the choices with some of them changed. A kind that is not in the register is a fault with code [fault.Invalid].
func (c Choices) With(changed Choices) (Choices, error) {
	out := Choices{}
	for _, d := range register {
		out[d.Kind] = c.On(d.Kind)
	}
	for k, on := range changed {
		if _, ok := out[k]; !ok {
			return nil, fault.InField("items", "notifications.unknown", "kind", string(k))
		}
		out[k] = on
	}
	return out, nil
}
