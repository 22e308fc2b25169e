package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// InvitationPage serves /i/{token}.
func (f Functions) InvitationPage() event.Function {
	p := f.p
	return web.InvitationPage(p.Site(), p.Authenticator(), p.Invitations(), p.Answers(), p.Decliner(), p.Codes(), p.SignIns(),
		p.SignInProviders()).Function()
}
