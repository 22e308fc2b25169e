package web

import (
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/view/page"
)

// families are what the log can be narrowed to, in words.
func families() []page.Option {
	return []page.Option{
		{Value: "", Word: words.Say("activity.only_all")},
		{Value: "invite", Word: words.Say("activity.only_invites")},
		{Value: "client", Word: words.Say("activity.only_clients")},
		{Value: "contact", Word: words.Say("activity.only_contacts")},
		{Value: "instance", Word: words.Say("activity.only_instances")},
		{Value: "service", Word: words.Say("activity.only_services")},
		{Value: "workflow", Word: words.Say("activity.only_workflows")},
		{Value: "payment", Word: words.Say("activity.only_payments")},
		{Value: "payer_change", Word: words.Say("activity.only_payers")},
		{Value: "provision", Word: words.Say("activity.only_setup")},
		{Value: "member", Word: words.Say("activity.only_members")},
		{Value: "api_key", Word: words.Say("activity.only_keys")},
		{Value: "webhook_endpoint", Word: words.Say("webhooks.title")},
		{Value: "sender_domain", Word: words.Say("activity.only_domains")},
		{Value: "share_link", Word: words.Say("activity.only_links")},
		{Value: "role", Word: words.Say("activity.only_roles")},
		{Value: "agency", Word: words.Say("activity.only_agency")},
	}
}

// told is an action as a sentence, with values in the place of who did it, what it was done to, and what else it is about. Access
// is told by the right that was given.
func told(a audit.Action, right instance.Access, values ...any) string {
	switch a {
	case audit.AccessGranted, audit.AccessChanged:
		if right == instance.Write {
			return words.Say("activity.access_write", values...)
		}
		return words.Say("activity.access_read", values...)
	case audit.InviteCreated:
		return words.Say("activity.invite_created", values...)
	case audit.InviteScheduled:
		return words.Say("activity.invite_scheduled", values...)
	case audit.InviteRescheduled:
		return words.Say("activity.invite_rescheduled", values...)
	case audit.ReminderSent:
		return words.Say("activity.reminder_sent", values...)
	case audit.RemindersSet:
		return words.Say("activity.reminders_set", values...)
	case audit.RemindersStopped:
		return words.Say("activity.reminders_stopped", values...)
	case audit.RemindersResumed:
		return words.Say("activity.reminders_resumed", values...)
	case audit.UpdatesStopped:
		return words.Say("activity.updates_stopped", values...)
	case audit.UpdatesResumed:
		return words.Say("activity.updates_resumed", values...)
	case audit.MailSettings:
		return words.Say("activity.mail_settings", values...)
	case audit.InviteSent:
		return words.Say("activity.invite_sent", values...)
	case audit.InviteFailed:
		return words.Say("activity.invite_failed", values...)
	case audit.InviteResent:
		return words.Say("activity.invite_resent", values...)
	case audit.InviteCanceled:
		return words.Say("activity.invite_canceled", values...)
	case audit.InviteExpired:
		return words.Say("activity.invite_expired", values...)
	case audit.InviteBounced:
		return words.Say("activity.invite_bounced", values...)
	case audit.InviteAccepted:
		return words.Say("activity.invite_accepted", values...)
	case audit.InviteDeclined:
		return words.Say("activity.invite_declined", values...)
	case audit.LinkRequested:
		return words.Say("activity.link_requested", values...)
	case audit.AddressProposed:
		return words.Say("activity.address_proposed", values...)
	case audit.ProposalApproved:
		return words.Say("activity.proposal_approved", values...)
	case audit.ProposalRefused:
		return words.Say("activity.proposal_refused", values...)
	case audit.ClientRenamed:
		return words.Say("activity.client_renamed", values...)
	case audit.ClientLanguage:
		return words.Say("activity.client_language", values...)
	case audit.AccessRevoked:
		return words.Say("activity.access_revoked", values...)
	case audit.RolesChanged:
		return words.Say("activity.roles_changed", values...)
	case audit.RulesChanged:
		return words.Say("activity.rules_changed", values...)
	case audit.TermSet:
		return words.Say("activity.term_set", values...)
	case audit.TermLifted:
		return words.Say("activity.term_lifted", values...)
	case audit.AccessEnding:
		return words.Say("activity.access_ending", values...)
	case audit.AccessEnded:
		return words.Say("activity.access_ended", values...)
	case audit.NothingOpen:
		return words.Say("activity.nothing_open", values...)
	case audit.ContactRefused:
		return words.Say("activity.contact_refused", values...)
	case audit.ContactLinked:
		return words.Say("activity.contact_linked", values...)
	case audit.ContactUnlinked:
		return words.Say("activity.contact_unlinked", values...)
	case audit.ClientRemoved:
		return words.Say("activity.client_removed", values...)
	case audit.ClientLeft:
		return words.Say("activity.client_left", values...)
	case audit.ClientErased:
		return words.Say("activity.client_erased", values...)
	case audit.ClientPromoted:
		return words.Say("activity.client_promoted", values...)
	case audit.InstanceConnected:
		return words.Say("activity.instance_connected", values...)
	case audit.InstanceChanged:
		return words.Say("activity.instance_changed", values...)
	case audit.InstanceDisconnected:
		return words.Say("activity.instance_disconnected", values...)
	case audit.ServiceConnected:
		return words.Say("activity.service_connected", values...)
	case audit.ServiceDisconnected:
		return words.Say("activity.service_disconnected", values...)
	case audit.InstanceEntered:
		return words.Say("activity.instance_entered", values...)
	case audit.WorkflowActivated:
		return words.Say("activity.workflow_on", values...)
	case audit.WorkflowDeactivated:
		return words.Say("activity.workflow_off", values...)
	case audit.ProvisionRequested:
		return words.Say("activity.setup_started", values...)
	case audit.ProvisionReady:
		return words.Say("activity.setup_ready", values...)
	case audit.ProvisionFailed:
		return words.Say("activity.setup_failed", values...)
	case audit.ProvisionRetried:
		return words.Say("activity.setup_retried", values...)
	case audit.ProvisionRefunded:
		return words.Say("activity.setup_refunded", values...)
	case audit.ProvisionSuspended:
		return words.Say("activity.suspended", values...)
	case audit.ProvisionResumed:
		return words.Say("activity.resumed", values...)
	case audit.ProvisionDeleted:
		return words.Say("activity.deleted", values...)
	case audit.PaymentReceived:
		return words.Say("activity.payment_received", values...)
	case audit.PaymentFailed:
		return words.Say("activity.payment_failed", values...)
	case audit.PaymentInquiry:
		return words.Say("activity.payment_inquiry", values...)
	case audit.PaymentEnded:
		return words.Say("activity.payment_ended", values...)
	case audit.PaymentResumed:
		return words.Say("activity.payment_resumed", values...)
	case audit.PaymentReturned:
		return words.Say("activity.payment_returned", values...)
	case audit.PayerProposed:
		return words.Say("activity.payer_proposed", values...)
	case audit.PayerRequested:
		return words.Say("activity.payer_requested", values...)
	case audit.PayerAgreed:
		return words.Say("activity.payer_agreed", values...)
	case audit.PayerDeclined:
		return words.Say("activity.payer_declined", values...)
	case audit.PayerWithdrawn:
		return words.Say("activity.payer_withdrawn", values...)
	case audit.PayerExpired:
		return words.Say("activity.payer_expired", values...)
	case audit.PayerAnew:
		return words.Say("activity.payer_anew", values...)
	case audit.PayerScheduled:
		return words.Say("activity.payer_scheduled", values...)
	case audit.PayerChanged:
		return words.Say("activity.payer_done", values...)
	case audit.PayerFailed:
		return words.Say("activity.payer_failed", values...)
	case audit.PayerCanceled:
		return words.Say("activity.payer_canceled", values...)
	case audit.AgencyCreated:
		return words.Say("activity.agency_created", values...)
	case audit.BrandingChanged:
		return words.Say("activity.branding_changed", values...)
	case audit.PlanChanged:
		return words.Say("activity.plan_changed", values...)
	case audit.AgencySuspended:
		return words.Say("activity.agency_suspended", values...)
	case audit.AgencyHalted:
		return words.Say("activity.agency_halted", values...)
	case audit.AgencyResumed:
		return words.Say("activity.agency_resumed", values...)
	case audit.AgencyDeleted:
		return words.Say("activity.agency_deleted", values...)
	case audit.NameDecided:
		return words.Say("activity.name_decided", values...)
	case audit.MemberAdded:
		return words.Say("activity.member_added", values...)
	case audit.PortalInstalled:
		return words.Say("activity.portal_installed", values...)
	case audit.PortalRemoved:
		return words.Say("activity.portal_removed", values...)
	case audit.PortalChanged:
		return words.Say("activity.portal_changed", values...)
	case audit.MemberChanged:
		return words.Say("activity.member_changed", values...)
	case audit.MemberRemoved:
		return words.Say("activity.member_removed", values...)
	case audit.SignInReplaced:
		return words.Say("activity.sign_in_replaced", values...)
	case audit.IssuerSet:
		return words.Say("activity.own_sign_in_set", values...)
	case audit.IssuerRemoved:
		return words.Say("activity.own_sign_in_removed", values...)
	case audit.IssuerRequired:
		return words.Say("activity.own_sign_in_required", values...)
	case audit.IssuerFree:
		return words.Say("activity.own_sign_in_optional", values...)
	case audit.IssuerRests:
		return words.Say("activity.own_sign_in_rests", values...)
	case audit.IssuerResumes:
		return words.Say("activity.own_sign_in_resumes", values...)
	case audit.IssuerWithout:
		return words.Say("activity.own_sign_in_without", values...)
	case audit.DomainClaimed:
		return words.Say("activity.domain_claimed", values...)
	case audit.DomainState:
		return words.Say("activity.domain_state", values...)
	case audit.DomainBounceName:
		return words.Say("activity.domain_bounce_name", values...)
	case audit.DomainTested:
		return words.Say("activity.domain_tested", values...)
	case audit.DomainEnabled:
		return words.Say("activity.domain_enabled", values...)
	case audit.DomainDisabled:
		return words.Say("activity.domain_disabled", values...)
	case audit.DomainReleased:
		return words.Say("activity.domain_released", values...)
	case audit.DomainDecided:
		return words.Say("activity.domain_decided", values...)
	case audit.RecordsSent:
		return words.Say("activity.records_sent", values...)
	case audit.RecordsRevoked:
		return words.Say("activity.records_revoked", values...)
	case audit.SMTPSet:
		return words.Say("activity.smtp_set", values...)
	case audit.SMTPRemoved:
		return words.Say("activity.smtp_removed", values...)
	case audit.SMTPRefused:
		return words.Say("activity.smtp_refused", values...)
	case audit.SenderChanged:
		return words.Say("activity.sender_changed", values...)
	case audit.LinkCreated:
		return words.Say("activity.link_created", values...)
	case audit.LinkChanged:
		return words.Say("activity.link_changed", values...)
	case audit.LinkReset:
		return words.Say("activity.link_reset", values...)
	case audit.LinkDisabled:
		return words.Say("activity.link_disabled", values...)
	case audit.LinkJoined:
		return words.Say("activity.link_joined", values...)
	case audit.LinkAdded:
		return words.Say("activity.link_added", values...)
	case audit.JoinRequested:
		return words.Say("activity.join_requested", values...)
	case audit.JoinApproved:
		return words.Say("activity.join_approved", values...)
	case audit.JoinTold:
		return words.Say("activity.join_told", values...)
	case audit.JoinRefused:
		return words.Say("activity.join_refused", values...)
	case audit.ContactCreated:
		return words.Say("activity.contact_created", values...)
	case audit.ContactChanged:
		return words.Say("activity.contact_changed", values...)
	case audit.ContactArchived:
		return words.Say("activity.contact_archived", values...)
	case audit.ContactRestored:
		return words.Say("activity.contact_restored", values...)
	case audit.RoleCreated:
		return words.Say("activity.role_created", values...)
	case audit.RoleChanged:
		return words.Say("activity.role_changed", values...)
	case audit.RoleDeleted:
		return words.Say("activity.role_deleted", values...)
	case audit.RoleExpiring:
		return words.Say("activity.role_expiring", values...)
	case audit.KeyCreated:
		return words.Say("activity.key_created", values...)
	case audit.KeyRevoked:
		return words.Say("activity.key_revoked", values...)
	case audit.EndpointCreated:
		return words.Say("activity.endpoint_created", values...)
	case audit.EndpointChanged:
		return words.Say("activity.endpoint_changed", values...)
	case audit.EndpointDeleted:
		return words.Say("activity.endpoint_deleted", values...)
	case audit.EndpointRotated:
		return words.Say("activity.endpoint_rotated", values...)
	case audit.EndpointEnabled:
		return words.Say("activity.endpoint_enabled", values...)
	case audit.EndpointFailing:
		return words.Say("activity.endpoint_failing", values...)
	case audit.EndpointDisabled:
		return words.Say("activity.endpoint_disabled", values...)
	case audit.PowerUsed:
		return words.Say("activity.power_used", values...)
	}
	return words.Say("activity.other", values...)
}

// toldOfClient is an action that both sides take as a sentence about the client who took it; "" for others.
func toldOfClient(a audit.Action, values ...any) string {
	switch a {
	case audit.PayerAgreed:
		return words.Say("activity.payer_agreed_client", values...)
	case audit.PayerDeclined:
		return words.Say("activity.payer_declined_client", values...)
	case audit.PayerWithdrawn:
		return words.Say("activity.payer_withdrawn_client", values...)
	}
	return ""
}

// partyWord stands for who or what has no name, or has none any more.
func partyWord(k activity.Kind) string {
	switch k {
	case activity.System:
		return words.Say("activity.by_platform")
	case activity.Operator:
		return words.Say("activity.by_operator")
	case activity.Invitee:
		return words.Say("activity.by_invitee")
	case activity.Member:
		return words.Say("activity.was_member")
	case activity.Key:
		return words.Say("activity.was_key")
	case activity.Client, activity.Invite:
		return words.Say("activity.was_client")
	case activity.Instance:
		return words.Say("activity.was_instance")
	case activity.Service:
		return words.Say("activity.was_service")
	case activity.SenderDomain:
		return words.Say("activity.was_domain")
	case activity.ShareLink:
		return words.Say("activity.was_link")
	case activity.Endpoint:
		return words.Say("activity.was_endpoint")
	case activity.Contact:
		return words.Say("activity.was_contact")
	case activity.Role:
		return words.Say("activity.was_role")
	case activity.Agency:
		return words.Say("activity.the_agency")
	}
	return words.Say("activity.something")
}

// roleChange says what of a role was changed.
func roleChange(what string) string {
	switch what {
	case "name":
		return words.Say("activity.role_name")
	case "description":
		return words.Say("activity.role_description")
	case "expiry":
		return words.Say("activity.role_expiry")
	case "on":
		return words.Say("activity.role_on")
	case "off":
		return words.Say("activity.role_off")
	case "employees":
		return words.Say("activity.role_employees")
	case "administrators":
		return words.Say("activity.role_administrators")
	case "rules":
		return words.Say("activity.role_rules")
	}
	return what
}

func wordOf(p activity.Party) string {
	if p.Name != "" {
		return p.Name
	}
	return partyWord(p.Kind)
}

// toneOf is how good a change is for the agency.
func toneOf(a audit.Action) page.Tone {
	switch a {
	case audit.InviteAccepted, audit.ProposalApproved, audit.AccessGranted, audit.InstanceConnected, audit.ServiceConnected,
		audit.ProvisionReady, audit.ProvisionResumed, audit.PayerChanged, audit.MemberAdded, audit.AgencyCreated, audit.AgencyResumed:
		return page.Good
	case audit.PayerFailed, audit.ProvisionFailed, audit.ProvisionRefunded, audit.ProvisionSuspended, audit.ProvisionDeleted,
		audit.InviteFailed, audit.InviteBounced, audit.InviteDeclined, audit.ClientLeft, audit.ClientErased, audit.ClientRemoved,
		audit.MemberRemoved, audit.AgencySuspended, audit.AgencyHalted, audit.AgencyDeleted, audit.AccessEnded:
		return page.Bad
	case audit.PayerRequested, audit.AddressProposed, audit.LinkRequested, audit.AccessEnding, audit.NothingOpen, audit.ContactRefused:
		return page.Wait
	}
	return page.Idle
}
