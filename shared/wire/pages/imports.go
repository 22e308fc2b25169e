package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// InviteUsersPage serves /client-portal/invite.
func (f Functions) InviteUsersPage() event.Function {
	return web.InviteUsersPage(f.p.Site(), f.p.Authenticator(), f.p.Files(), f.p.Batches(),
		f.p.Contacts()).Function()
}

// InvitationsPage serves /client-portal/invitations.
func (f Functions) InvitationsPage() event.Function {
	return web.InvitationsPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Inviter(), f.p.Canceller(),
		f.p.Batches()).Function()
}
