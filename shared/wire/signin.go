package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/signin"
)

// Authenticator finds out who is calling.
func (p *Parts) Authenticator() *signin.Authenticator {
	return &signin.Authenticator{Store: dynamo.NewCredentials(p.Table()), Now: p.Now}
}

// Codes mails sign-in codes.
func (p *Parts) Codes() *signin.Codes {
	return &signin.Codes{Store: dynamo.NewCodes(p.Table()), Queue: p.MailQueue(), Now: p.Now}
}

// SignIns makes sessions of mailed codes.
func (p *Parts) SignIns() *signin.SignIns {
	return &signin.SignIns{Store: dynamo.NewSignIns(p.Table()), Key: ssm.Secret(p.Environment, "SECRET_PARAMETER"), Now: p.Now}
}

// Sessions ends sessions.
func (p *Parts) Sessions() *signin.Sessions {
	return &signin.Sessions{Store: dynamo.NewSessions(p.Table())}
}

// Keys manages API keys.
func (p *Parts) Keys() *signin.Keys {
	return &signin.Keys{Store: dynamo.NewKeys(p.Table()), Now: p.Now}
}

// Self shows people what is kept of them.
func (p *Parts) Self() *account.Self {
	return &account.Self{Store: dynamo.NewPersonalData(p.Table()), Now: p.Now}
}

// Leaving ends people's relationships with agencies.
func (p *Parts) Leaving() *account.Leaving {
	return &account.Leaving{Store: dynamo.NewDepartures(p.Table()), Checkouts: p.CheckoutCloser(), Now: p.Now}
}

// Erasure forgets people.
func (p *Parts) Erasure() *account.Erasure {
	return &account.Erasure{Store: dynamo.NewErasures(p.Table()), Members: p.Members(), Checkouts: p.CheckoutCloser(), Now: p.Now}
}

// SignInCodes serves /v1/sign-in-codes.
func (f Functions) SignInCodes() event.Function {
	return api.Route(f.p.Origin(), api.RequestSignInCode(f.p.Codes())).Function()
}

// Sessions serves /v1/sessions.
func (f Functions) Sessions() event.Function {
	return api.Route(f.p.Origin(), api.SignIn(f.p.SignIns()), api.EndAllSessions(f.p.Authenticator(), f.p.Sessions())).Function()
}

// Session serves /v1/sessions/current.
func (f Functions) Session() event.Function {
	return api.Route(f.p.Origin(), api.GetSession(f.p.Authenticator()), api.SignOut(f.p.Authenticator(), f.p.Sessions())).Function()
}

// Me serves /v1/me.
func (f Functions) Me() event.Function {
	return api.Route(f.p.Origin(), api.EraseMe(f.p.Authenticator(), f.p.Erasure())).Function()
}

// MyData serves /v1/me/export.
func (f Functions) MyData() event.Function {
	return api.Route(f.p.Origin(), api.ExportMyData(f.p.Authenticator(), f.p.Self())).Function()
}

// APIKeys serves /v1/api-keys.
func (f Functions) APIKeys() event.Function {
	auth, keys := f.p.Authenticator(), f.p.Keys()
	return api.Route(f.p.Origin(), api.ListAPIKeys(auth, keys), api.CreateAPIKey(auth, keys)).Function()
}

// APIKey serves /v1/api-keys/{keyId}.
func (f Functions) APIKey() event.Function {
	return api.Route(f.p.Origin(), api.RevokeAPIKey(f.p.Authenticator(), f.p.Keys())).Function()
}

// SignInPage serves /sign-in.
func (f Functions) SignInPage() event.Function {
	return web.SignInPage(f.p.Site(), f.p.Authenticator(), f.p.Codes(), f.p.SignIns()).Function()
}

// AccountPage serves /account.
func (f Functions) AccountPage() event.Function {
	p := f.p
	return web.AccountPage(p.Site(), p.Authenticator(), p.Self(), p.Leaving(), p.Erasure(), p.Sessions()).Function()
}

// KeysPage serves /settings/keys.
func (f Functions) KeysPage() event.Function {
	return web.KeysPage(f.p.Site(), f.p.Authenticator(), f.p.Keys(), f.p.Settings()).Function()
}
