package wire

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/onboarding"
)

// Inviter sends invites and watches over them.
func (p *Parts) Inviter() *onboarding.Inviter {
	return &onboarding.Inviter{Store: p.Table(), Queue: p.MailQueue(), Prices: p.Prices(), Till: p.CheckoutCloser(), Now: p.Now}
}

// Reception is the invited person's side.
func (p *Parts) Reception() *onboarding.Reception {
	return &onboarding.Reception{Store: p.Table(), Till: p.CheckoutCloser(), Now: p.Now}
}

// Invites serves /v1/invites.
func (f Functions) Invites() event.Function {
	return api.Route(f.p.Origin(), api.ListInvites(f.p.Authenticator(), f.p.Directory()), api.SendInvite(f.p.Authenticator(), f.p.Inviter())).Function()
}

// InvitePreview serves /v1/invites/preview.
func (f Functions) InvitePreview() event.Function {
	return api.Route(f.p.Origin(), api.PreviewInvite(f.p.Authenticator(), f.p.Inviter())).Function()
}

// Invite serves /v1/invites/{inviteId}.
func (f Functions) Invite() event.Function {
	return api.Route(f.p.Origin(), api.GetInvite(f.p.Authenticator(), f.p.Inviter())).Function()
}

// InviteCancel serves /v1/invites/{inviteId}/cancel.
func (f Functions) InviteCancel() event.Function {
	return api.Route(f.p.Origin(), api.CancelInvite(f.p.Authenticator(), f.p.Inviter())).Function()
}

// InviteContract serves /v1/invites/{inviteId}/contract.
func (f Functions) InviteContract() event.Function {
	return api.Route(f.p.Origin(), api.GetContract(f.p.Authenticator(), f.p.Inviter())).Function()
}

// InviteResend serves /v1/invites/{inviteId}/resend.
func (f Functions) InviteResend() event.Function {
	return api.Route(f.p.Origin(), api.ResendInvite(f.p.Authenticator(), f.p.Inviter())).Function()
}

// ProposalApprove serves /v1/invites/{inviteId}/proposal/approve.
func (f Functions) ProposalApprove() event.Function {
	return api.Route(f.p.Origin(), api.ApproveProposal(f.p.Authenticator(), f.p.Inviter())).Function()
}

// ProposalRefuse serves /v1/invites/{inviteId}/proposal/refuse.
func (f Functions) ProposalRefuse() event.Function {
	return api.Route(f.p.Origin(), api.RefuseProposal(f.p.Authenticator(), f.p.Inviter())).Function()
}

// Invitation serves /v1/invitations/{token}.
func (f Functions) Invitation() event.Function {
	return api.Route(f.p.Origin(), api.ViewInvitation(f.p.Authenticator(), f.p.Reception())).Function()
}

// InvitationAccept serves /v1/invitations/{token}/accept.
func (f Functions) InvitationAccept() event.Function {
	return api.Route(f.p.Origin(), api.AcceptInvitation(f.p.Authenticator(), f.p.Reception(), f.p.Origin())).Function()
}

// InvitationDecline serves /v1/invitations/{token}/decline.
func (f Functions) InvitationDecline() event.Function {
	return api.Route(f.p.Origin(), api.DeclineInvitation(f.p.Reception())).Function()
}

// InvitationPropose serves /v1/invitations/{token}/propose.
func (f Functions) InvitationPropose() event.Function {
	return api.Route(f.p.Origin(), api.ProposeAddress(f.p.Reception())).Function()
}

// InvitationRequestLink serves /v1/invitations/{token}/request-link.
func (f Functions) InvitationRequestLink() event.Function {
	return api.Route(f.p.Origin(), api.RequestNewLink(f.p.Reception())).Function()
}

// InvitationPage serves /i/{token}.
func (f Functions) InvitationPage() event.Function {
	return web.InvitationPage(f.p.Site(), f.p.Authenticator(), f.p.Reception(), f.p.Codes(), f.p.SignIns()).Function()
}
