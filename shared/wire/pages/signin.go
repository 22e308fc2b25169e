package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// SignInPage serves /sign-in.
func (f Functions) SignInPage() event.Function {
	p := f.p
	return web.SignInPage(p.Site(), p.Authenticator(), p.Codes(), p.SignIns(), p.SignInProviders()).Function()
}

// StepUpPage serves /step-up.
func (f Functions) StepUpPage() event.Function {
	p := f.p
	return web.StepUpPage(p.Site(), p.Authenticator(), p.Codes(), p.StepUps(), p.StepUpWays(), p.SignInProviders()).Function()
}

// AccountPage serves /account.
func (f Functions) AccountPage() event.Function {
	p := f.p
	return web.AccountPage(p.Site(), p.Authenticator(), p.Self(), p.Leaving(), p.Erasure(), p.Sessions(), p.OwnSessions(),
		p.Waiting(), p.ProviderLinks(), p.SignInProviders(), p.Keyring()).Function()
}

// KeysPage serves /settings/keys.
func (f Functions) KeysPage() event.Function {
	return web.KeysPage(f.p.Site(), f.p.Authenticator(), f.p.Keys(), f.p.Settings()).Function()
}
