// Package audit holds the rows of the log that says who changed what, and when. A row is written in the transaction
// of the change that it tells of, so that the log and the states can never disagree.
package audit

import (
	"time"

	"latchkey.dev/shared/domain/id"
)

// Action names a change, subject first.
type Action string

// The actions.
const (
	InviteCreated   Action = "invite.created"
	InviteScheduled Action = "invite.scheduled"
	InviteSent      Action = "invite.sent"
	InviteFailed    Action = "invite.failed"
	InviteResent    Action = "invite.resend_requested"
	InviteCanceled  Action = "invite.canceled"
	InviteExpired   Action = "invite.expired"
	InviteBounced   Action = "invite.bounced"
	InviteAccepted  Action = "invite.accepted"
	InviteDeclined  Action = "invite.declined"

	LinkRequested    Action = "invite.new_link_requested"
	AddressProposed  Action = "invite.address_proposed"
	ProposalApproved Action = "invite.proposal_approved"
	ProposalRefused  Action = "invite.proposal_refused"

	ReminderSent      Action = "invite.reminded"
	InviteRescheduled Action = "invite.rescheduled"
	RemindersSet      Action = "invite.reminders_changed" // of this invite; the detail is on or off
	RemindersStopped  Action = "client.reminders_stopped" // by the recipient, by a link in one
	RemindersResumed  Action = "client.reminders_resumed" // likewise
	UpdatesStopped    Action = "member.updates_stopped"   // by the member, by a link in one
	UpdatesResumed    Action = "member.updates_resumed"   // likewise
	MailSettings      Action = "agency.mail_settings_changed"

	ClientRenamed  Action = "client.renamed"
	ClientLanguage Action = "client.language_changed" // the detail has it, "" for the agency's
	AccessGranted  Action = "client.access_granted"
	AccessChanged  Action = "client.access_changed"
	AccessRevoked  Action = "client.access_revoked"
	ClientRemoved  Action = "client.removed" // by the agency
	ClientLeft     Action = "client.left"    // by itself
	ClientErased   Action = "client.erased"
	ClientPromoted Action = "client.promoted" // to a member, whose id is the detail

	RolesChanged    Action = "client.roles_changed"    // the detail has the ids of those that it has now
	RulesChanged    Action = "client.rules_changed"    // its own
	TermSet         Action = "client.access_until"     // when its access ends; the detail has the moment
	TermLifted      Action = "client.access_unlimited" // it doesn't end by itself any more
	AccessEnding    Action = "client.access_ending"    // the detail has the moment
	AccessEnded     Action = "client.access_ended"     // because its time was over
	NothingOpen     Action = "client.nothing_open"     // it has accepted, and no role that it was to have is in force
	ContactLinked   Action = "client.contact_linked"   // the detail has the contact
	ContactUnlinked Action = "client.contact_unlinked" // the detail has the contact
	ContactRefused  Action = "client.contact_refused"  // it was to be linked with the acceptance, and could not; the detail has it

	InstanceConnected    Action = "instance.connected"
	InstanceChanged      Action = "instance.changed"
	InstanceDisconnected Action = "instance.disconnected"
	ServiceConnected     Action = "service.connected"
	ServiceDisconnected  Action = "service.disconnected"
	InstanceEntered      Action = "instance.entered" // by the client who has bought it
	WorkflowActivated    Action = "workflow.activated"
	WorkflowDeactivated  Action = "workflow.deactivated"

	AgencyCreated   Action = "agency.created"
	BrandingChanged Action = "agency.branding_changed"
	PlanChanged     Action = "agency.plan_changed"
	NameDecided     Action = "agency.name_decided" // by the operator: whether it stands in From
	AgencySuspended Action = "agency.suspended"
	AgencyHalted    Action = "agency.halted"
	AgencyResumed   Action = "agency.resumed"
	AgencyDeleted   Action = "agency.deleted"
	MemberAdded     Action = "member.added"
	MemberChanged   Action = "member.changed"
	MemberRemoved   Action = "member.removed"
	PortalInstalled Action = "agency.portal_installed"
	PortalRemoved   Action = "agency.portal_removed"
	PortalChanged   Action = "agency.portal_changed"

	PaymentReceived Action = "payment.received"
	PaymentFailed   Action = "payment.failed"
	PaymentInquiry  Action = "payment.inquiry" // the payer's bank asks about it, and has not taken it back
	PaymentEnded    Action = "payment.ended"
	PaymentResumed  Action = "payment.resumed"
	PaymentReturned Action = "payment.returned"

	PayerProposed  Action = "payer_change.proposed"  // by the agency
	PayerRequested Action = "payer_change.requested" // by the client
	PayerAgreed    Action = "payer_change.agreed"    // the detail has the version of the terms and their hash
	PayerDeclined  Action = "payer_change.declined"
	PayerWithdrawn Action = "payer_change.withdrawn"
	PayerExpired   Action = "payer_change.expired"
	PayerAnew      Action = "payer_change.terms_changed" // the detail has the version of the terms
	PayerScheduled Action = "payer_change.scheduled"
	PayerChanged   Action = "payer_change.done"   // the detail says who pays
	PayerFailed    Action = "payer_change.failed" // the detail has the reason
	PayerCanceled  Action = "payer_change.canceled"

	ProvisionRequested Action = "provision.requested" // the driver has begun
	ProvisionReady     Action = "provision.ready"
	ProvisionFailed    Action = "provision.failed"
	ProvisionRetried   Action = "provision.retried" // because a person asked for it
	ProvisionRefunded  Action = "provision.refunded"
	ProvisionSuspended Action = "provision.suspended"
	ProvisionResumed   Action = "provision.resumed"
	ProvisionDeleted   Action = "provision.deleted"

	DomainClaimed    Action = "sender_domain.claimed"
	DomainState      Action = "sender_domain.state_changed" // to the state in the detail
	DomainBounceName Action = "sender_domain.bounce_name_changed"
	DomainTested     Action = "sender_domain.tested"
	DomainEnabled    Action = "sender_domain.enabled"
	DomainDisabled   Action = "sender_domain.disabled"
	DomainReleased   Action = "sender_domain.released"
	DomainDecided    Action = "sender_domain.decided" // by the operator: whether a name that looks like another's may be used
	RecordsSent      Action = "sender_domain.records_sent"
	RecordsRevoked   Action = "sender_domain.records_revoked"
	SMTPSet          Action = "sender_domain.smtp_set"
	SMTPRemoved      Action = "sender_domain.smtp_removed"
	SMTPRefused      Action = "sender_domain.smtp_refused" // its server refused too often, and is switched off
	SenderChanged    Action = "agency.sender_changed"

	LinkCreated   Action = "share_link.created"
	LinkChanged   Action = "share_link.changed"
	LinkReset     Action = "share_link.reset"
	LinkDisabled  Action = "share_link.disabled"
	LinkJoined    Action = "share_link.joined"       // by the client
	LinkAdded     Action = "share_link.access_added" // to a client's, by itself or by whoever approved
	JoinRequested Action = "share_link.join_requested"
	JoinApproved  Action = "share_link.join_approved"
	JoinRefused   Action = "share_link.join_refused"
	JoinTold      Action = "share_link.join_told" // who was let in has been sent the mail about it; of the client

	ContactCreated  Action = "contact.created"
	ContactChanged  Action = "contact.changed" // the detail names the fields
	ContactArchived Action = "contact.archived"
	ContactRestored Action = "contact.restored"
	RoleCreated     Action = "role.created"
	RoleChanged     Action = "role.changed" // what of it is in the detail
	RoleDeleted     Action = "role.deleted"
	RoleExpiring    Action = "role.expiring" // administrators are told that its time is nearly over

	IssuerSet      Action = "own_sign_in.set"      // the agency's own provider; the detail has its issuer
	IssuerRemoved  Action = "own_sign_in.removed"  // the detail has its issuer
	IssuerRequired Action = "own_sign_in.required" // its people sign in by it from now on; the detail has its name
	IssuerFree     Action = "own_sign_in.optional" // they need not any more
	IssuerRests    Action = "own_sign_in.rests"    // they need not while the plan is another one
	IssuerResumes  Action = "own_sign_in.resumes"  // they do again
	IssuerWithout  Action = "own_sign_in.without"  // an owner does without it
	SignInReplaced Action = "sign_in.replaced"     // another account at the provider in the detail signs the person in from now on

	KeyCreated Action = "api_key.created"
	KeyRevoked Action = "api_key.revoked"
	PowerUsed  Action = "api_key.power_used" // by the key, before what it asks for is looked at; the detail has the scope

	EndpointCreated  Action = "webhook_endpoint.created"
	EndpointChanged  Action = "webhook_endpoint.changed"
	EndpointDeleted  Action = "webhook_endpoint.deleted"
	EndpointRotated  Action = "webhook_endpoint.secret_rotated"
	EndpointEnabled  Action = "webhook_endpoint.enabled"
	EndpointFailing  Action = "webhook_endpoint.failing"  // for a day; owners are told
	EndpointDisabled Action = "webhook_endpoint.disabled" // the detail says why; owners are told where nobody did it
)

// Actors that have no id of their own.
const (
	System   = "system"   // nobody in particular: the mail worker, the sweep
	Operator = "operator" // whoever runs the platform
	Invitee  = "invitee"  // the holder of an invite's link, before it accepts
)

// Moment is a moment as the details of rows have it.
func Moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// Entry is one row. It holds ids, never addresses, so that erasing a person leaves it as it is.
type Entry struct {
	ID      id.Event
	At      time.Time
	Actor   string // a member's, an API key's or a client's id, or one of the actors above
	Action  Action
	Subject string // the id of what was changed
	Detail  string // for a person; may be ""
}
