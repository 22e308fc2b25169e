// Package webhook holds the events that agencies have sent to programs of their own: which there are, where they go, what is in one,
// when it is tried again, and when it is given up. It follows Standard Webhooks 1.0.0 (https://www.standardwebhooks.com).
package webhook

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/sender"
)

// Type is the type of an event: letters, digits and underscores in parts with dots between.
type Type string

// Test is the type of the event that somebody sends to try an endpoint. Nobody chooses it, and every endpoint takes it.
const Test Type = "webhook.test"

// Delivered is of an invitation that has reached its mailbox. It has no row in the log, where every invite would have one more, and is
// written beside the log at agencies that have endpoints.
const Delivered audit.Action = "invite.delivered"

// Types that don't have the name of a row of the log.
const (
	ClientActivated     Type = "client.activated"
	SubscriptionChanged Type = "subscription.changed"
	DomainVerified      Type = "domain.verified"
	DomainDegraded      Type = "domain.degraded"
	DomainFailed        Type = "domain.failed"
)

// told are the rows of the log that are events of the same name.
var told = []audit.Action{
	audit.InviteCreated, audit.InviteScheduled, audit.InviteSent, Delivered, audit.InviteFailed, audit.InviteResent,
	audit.InviteCanceled, audit.InviteExpired, audit.InviteBounced, audit.InviteAccepted, audit.InviteDeclined,
	audit.InviteRescheduled, audit.ReminderSent, audit.RemindersSet,
	audit.LinkRequested, audit.AddressProposed, audit.ProposalApproved, audit.ProposalRefused,

	audit.ClientRenamed, audit.ClientLanguage,
	audit.AccessGranted, audit.AccessChanged, audit.AccessRevoked, audit.ClientRemoved, audit.ClientLeft,
	audit.ClientErased, audit.ClientPromoted, audit.RolesChanged, audit.RulesChanged, audit.TermSet, audit.TermLifted,
	audit.AccessEnding, audit.AccessEnded, audit.NothingOpen, audit.ContactLinked, audit.ContactUnlinked, audit.ContactRefused,
	audit.RemindersStopped, audit.RemindersResumed,

	audit.InstanceConnected, audit.InstanceChanged, audit.InstanceDisconnected, audit.ServiceConnected, audit.ServiceDisconnected,
	audit.WorkflowActivated, audit.WorkflowDeactivated,

	audit.BrandingChanged, audit.PlanChanged, audit.AgencySuspended, audit.AgencyHalted, audit.AgencyResumed,
	audit.MemberAdded, audit.MemberChanged, audit.MemberRemoved, audit.PortalInstalled, audit.PortalRemoved, audit.PortalChanged,
	audit.MailSettings, audit.IssuerSet, audit.IssuerRemoved, audit.IssuerRequired, audit.IssuerFree, audit.IssuerRests,
	audit.IssuerResumes, audit.IssuerWithout,

	audit.PaymentReceived, audit.PaymentFailed, audit.PaymentInquiry, audit.PaymentEnded, audit.PaymentResumed, audit.PaymentReturned,

	audit.PayerProposed, audit.PayerRequested, audit.PayerAgreed, audit.PayerDeclined, audit.PayerWithdrawn, audit.PayerExpired,
	audit.PayerAnew, audit.PayerScheduled, audit.PayerChanged, audit.PayerFailed, audit.PayerCanceled,

	audit.ProvisionRequested, audit.ProvisionReady, audit.ProvisionFailed, audit.ProvisionRetried, audit.ProvisionRefunded,
	audit.ProvisionSuspended, audit.ProvisionResumed, audit.ProvisionDeleted,

	audit.LinkCreated, audit.LinkChanged, audit.LinkReset, audit.LinkDisabled, audit.LinkJoined, audit.LinkAdded,
	audit.JoinRequested, audit.JoinApproved, audit.JoinRefused,

	audit.ContactCreated, audit.ContactChanged, audit.ContactArchived, audit.ContactRestored,
	audit.RoleCreated, audit.RoleChanged, audit.RoleDeleted, audit.RoleExpiring,

	audit.KeyCreated, audit.KeyRevoked,
}

// renamed are the rows of the log that are events of other names: what agencies call a domain is a sender domain to the log.
var renamed = map[audit.Action]Type{
	audit.DomainClaimed:    "domain.claimed",
	audit.DomainBounceName: "domain.bounce_name_changed",
	audit.DomainEnabled:    "domain.enabled",
	audit.DomainDisabled:   "domain.disabled",
	audit.DomainReleased:   "domain.released",
	audit.DomainDecided:    "domain.decided",
	audit.SMTPSet:          "domain.smtp_set",
	audit.SMTPRemoved:      "domain.smtp_removed",
	audit.SMTPRefused:      "domain.smtp_refused",
	audit.SenderChanged:    "sender.changed",
}

// besides are the events that rows are apart from the one of their own name.
var besides = map[audit.Action]Type{
	audit.InviteAccepted:  ClientActivated,
	audit.LinkJoined:      ClientActivated,
	audit.PaymentReceived: SubscriptionChanged,
	audit.PaymentFailed:   SubscriptionChanged,
	audit.PaymentEnded:    SubscriptionChanged,
	audit.PaymentResumed:  SubscriptionChanged,
	audit.PaymentReturned: SubscriptionChanged,
	audit.PlanChanged:     SubscriptionChanged,
}

var named = func() map[audit.Action]Type {
	out := maps.Clone(renamed)
	for _, a := range told {
		out[a] = Type(a)
	}
	return out
}()

// Of are the types of the events that a row of the log is, in order; none for one that is no event.
func Of(e audit.Entry) []Type {
	if e.Action == audit.DomainState {
		switch sender.State(e.Detail) {
		case sender.Verified:
			return []Type{DomainVerified}
		case sender.Degraded:
			return []Type{DomainDegraded}
		case sender.Failed:
			return []Type{DomainFailed}
		}
		return nil
	}
	first, ok := named[e.Action]
	if !ok {
		return nil
	}
	if second, ok := besides[e.Action]; ok {
		return []Type{first, second}
	}
	return []Type{first}
}

// May tells whether a row of such an action can be an event.
func May(a audit.Action) bool { return a == audit.DomainState || named[a] != "" }

// Types lists all types that an endpoint can choose, sorted.
func Types() []Type {
	seen := map[Type]bool{DomainVerified: true, DomainDegraded: true, DomainFailed: true}
	for _, t := range named {
		seen[t] = true
	}
	for _, t := range besides {
		seen[t] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// Message is the id of the nth event that a row of the log is, which receivers know it by: that of the row for the first one, and for
// the second one the same with another half of its random part. It is the same however often the row is read.
func Message(row id.Event, n int) id.Event {
	if n == 0 {
		return row
	}
	b := id.Bytes(id.EventPrefix, string(row))
	b[6] ^= 0x80 // the first bit after the time
	return id.FromBytes[id.Event](id.EventPrefix, b)
}

// Data is what is told of an event: ids and states, and no more than one name. Whoever wants to know more asks the API, which knows
// what is so by then. It holds no address, token, link or code.
type Data struct {
	Version  int    `json:"version"`  // of the form of this object
	Sequence int64  `json:"sequence"` // when it happened, in milliseconds since 1970: of two events of one object the later has the larger
	AgencyID string `json:"agencyId"`
	ID       string `json:"id,omitempty"`     // of what has changed
	Status   string `json:"status,omitempty"` // what it is in since
	Actor    string `json:"actor,omitempty"`  // who did it: an id, or system, operator or invitee
	Client   *Party `json:"client,omitempty"` // of what is about a client
}

// Party is the client that an event is about. Its name isn't kept with the event: it is that of the moment in which the event is sent,
// so that nothing is left of a client who was erased.
type Party struct {
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Status string `json:"status,omitempty"`
}

// dataVersion is the version of Data that is written. Fields may be added within one.
const dataVersion = 1

// Body is the text of an event as it is sent and signed. It is made of what is kept as the event was told first, so that however often
// it is sent, it says the same: the time of what happened, too, is that of its sequence.
func Body(t Type, d Data) []byte {
	b, err := json.Marshal(struct {
		Type      Type   `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      Data   `json:"data"`
	}{t, time.UnixMilli(d.Sequence).UTC().Format("2006-01-02T15:04:05.000Z07:00"), d})
	if err != nil {
		panic(err) // strings and numbers alone
	}
	return b
}

// DataOf is what a row of the log tells, but for what the client is.
func DataOf(agency id.Agency, e audit.Entry) Data {
	d := Data{Version: dataVersion, Sequence: e.At.UnixMilli(), AgencyID: string(agency), ID: e.Subject, Actor: e.Actor}
	if e.Action == audit.DomainState {
		d.Status = e.Detail
	}
	return d
}
