package wire

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/signin"
)

// Authenticator finds out who is calling.
func (p *Parts) Authenticator() *signin.Authenticator {
	return &signin.Authenticator{Store: p.Table(), Now: p.Now}
}

// Codes signs people in by a mailed code.
func (p *Parts) Codes() *signin.Codes {
	return &signin.Codes{Store: p.Table(), Queue: p.MailQueue(), Key: ssm.Secret(p.Environment, "SECRET_PARAMETER"), Now: p.Now}
}

// Keys manages API keys.
func (p *Parts) Keys() *signin.Keys { return &signin.Keys{Store: p.Table(), Now: p.Now} }

// Account is a person's own account.
func (p *Parts) Account() *account.Account {
	o := p.Office()
	return &account.Account{Store: p.Table(), Checkouts: p.CheckoutCloser(), Now: p.Now, MayResign: o.MayResign, Resign: o.Resign}
}

// SignInCodes serves /v1/sign-in-codes.
func (f Functions) SignInCodes() event.Function {
	return api.Route(f.p.Origin(), api.RequestSignInCode(f.p.Codes())).Function()
}

// Sessions serves /v1/sessions.
func (f Functions) Sessions() event.Function {
	return api.Route(f.p.Origin(), api.SignIn(f.p.Codes()), api.EndAllSessions(f.p.Authenticator(), f.p.Codes())).Function()
}

// Session serves /v1/sessions/current.
func (f Functions) Session() event.Function {
	return api.Route(f.p.Origin(), api.GetSession(f.p.Authenticator()), api.SignOut(f.p.Authenticator(), f.p.Codes())).Function()
}

// Me serves /v1/me.
func (f Functions) Me() event.Function {
	return api.Route(f.p.Origin(), api.EraseMe(f.p.Authenticator(), f.p.Account())).Function()
}

// MyData serves /v1/me/export.
func (f Functions) MyData() event.Function {
	return api.Route(f.p.Origin(), api.ExportMyData(f.p.Authenticator(), f.p.Account())).Function()
}

// APIKeys serves /v1/api-keys.
func (f Functions) APIKeys() event.Function {
	return api.Route(f.p.Origin(), api.ListAPIKeys(f.p.Authenticator(), f.p.Keys()), api.CreateAPIKey(f.p.Authenticator(), f.p.Keys())).Function()
}

// APIKey serves /v1/api-keys/{keyId}.
func (f Functions) APIKey() event.Function {
	return api.Route(f.p.Origin(), api.RevokeAPIKey(f.p.Authenticator(), f.p.Keys())).Function()
}

// SignInPage serves /sign-in.
func (f Functions) SignInPage() event.Function {
	return web.SignInPage(f.p.Site(), f.p.Authenticator(), f.p.Codes()).Function()
}

// AccountPage serves /account.
func (f Functions) AccountPage() event.Function {
	return web.AccountPage(f.p.Site(), f.p.Authenticator(), f.p.Account(), f.p.Codes()).Function()
}

// KeysPage serves /settings/keys.
func (f Functions) KeysPage() event.Function {
	return web.KeysPage(f.p.Site(), f.p.Authenticator(), f.p.Keys(), f.p.Office()).Function()
}
