package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// Invites serves /v1/invites.
func (f Functions) Invites() event.Function {
	a := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.ListInvites(a, f.p.Directory()), api.SendInvite(a, f.p.Inviter())).Function()
}

// InvitePreview serves /v1/invites/preview.
func (f Functions) InvitePreview() event.Function {
	return api.Route(f.p.Origin(), api.PreviewInvite(f.p.Authenticator(), f.p.Previewer())).Function()
}

// Invite serves /v1/invites/{inviteId}.
func (f Functions) Invite() event.Function {
	a := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.GetInvite(a, f.p.Invites()), api.RescheduleInvite(a, f.p.Scheduler())).Function()
}

// InviteReminders serves /v1/invites/{inviteId}/reminders.
func (f Functions) InviteReminders() event.Function {
	return api.Route(f.p.Origin(), api.UpdateReminders(f.p.Authenticator(), f.p.Scheduler())).Function()
}

// InviteCancel serves /v1/invites/{inviteId}/cancel.
func (f Functions) InviteCancel() event.Function {
	return api.Route(f.p.Origin(), api.CancelInvite(f.p.Authenticator(), f.p.Canceller())).Function()
}

// InviteContract serves /v1/invites/{inviteId}/contract.
func (f Functions) InviteContract() event.Function {
	return api.Route(f.p.Origin(), api.GetContract(f.p.Authenticator(), f.p.Invites())).Function()
}

// InviteResend serves /v1/invites/{inviteId}/resend.
func (f Functions) InviteResend() event.Function {
	return api.Route(f.p.Origin(), api.ResendInvite(f.p.Authenticator(), f.p.Inviter())).Function()
}

// ProposalApprove serves /v1/invites/{inviteId}/proposal/approve.
func (f Functions) ProposalApprove() event.Function {
	return api.Route(f.p.Origin(), api.ApproveProposal(f.p.Authenticator(), f.p.Approvals())).Function()
}

// ProposalRefuse serves /v1/invites/{inviteId}/proposal/refuse.
func (f Functions) ProposalRefuse() event.Function {
	return api.Route(f.p.Origin(), api.RefuseProposal(f.p.Authenticator(), f.p.Proposals())).Function()
}

// Invitation serves /v1/invitations/{token}.
func (f Functions) Invitation() event.Function {
	return api.Route(f.p.Origin(), api.ViewInvitation(f.p.Authenticator(), f.p.Invitations())).Function()
}

// InvitationAccept serves /v1/invitations/{token}/accept.
func (f Functions) InvitationAccept() event.Function {
	return api.Route(f.p.Origin(), api.AcceptInvitation(f.p.Authenticator(), f.p.Invitations(), f.p.Origin())).Function()
}

// InvitationDecline serves /v1/invitations/{token}/decline.
func (f Functions) InvitationDecline() event.Function {
	return api.Route(f.p.Origin(), api.DeclineInvitation(f.p.Authenticator(), f.p.Decliner())).Function()
}

// InvitationPropose serves /v1/invitations/{token}/propose.
func (f Functions) InvitationPropose() event.Function {
	return api.Route(f.p.Origin(), api.ProposeAddress(f.p.Authenticator(), f.p.Answers())).Function()
}

// InvitationRequestLink serves /v1/invitations/{token}/request-link.
func (f Functions) InvitationRequestLink() event.Function {
	return api.Route(f.p.Origin(), api.RequestNewLink(f.p.Authenticator(), f.p.Answers())).Function()
}
