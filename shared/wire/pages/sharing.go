package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// LinksPage serves /client-portal/links.
func (f Functions) LinksPage() event.Function {
	return web.LinksPage(f.p.Site(), f.p.Authenticator(), f.p.Links(), f.p.JoinRequests()).Function()
}

// LinkPage serves /client-portal/links/{linkId}.
func (f Functions) LinkPage() event.Function {
	return web.LinkPage(f.p.Site(), f.p.Authenticator(), f.p.Links()).Function()
}

// JoinPage serves /join/{token}.
func (f Functions) JoinPage() event.Function {
	p := f.p
	return web.JoinPage(p.Site(), p.Authenticator(), p.Joins(), p.Codes(), p.SignIns(), p.SignInProviders()).Function()
}
