package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// UnsubscribePage serves /unsubscribe/{token}.
func (f Functions) UnsubscribePage() event.Function {
	return web.UnsubscribePage(f.p.Site(), f.p.Unsubscribes()).Function()
}

// InvitationPage serves /i/{token}.
func (f Functions) InvitationPage() event.Function {
	p := f.p
	return web.InvitationPage(p.Site(), p.Authenticator(), p.Invitations(), p.Answers(), p.Decliner(), p.Codes(), p.SignIns(),
		p.SignInProviders()).Function()
}
