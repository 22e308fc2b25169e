package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// SignInCodes serves /v1/sign-in-codes.
func (f Functions) SignInCodes() event.Function {
	return api.Route(f.p.Origin(), api.RequestSignInCode(f.p.Codes(), f.p.Invitations())).Function()
}

// Sessions serves /v1/sessions.
func (f Functions) Sessions() event.Function {
	auth := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.ListSessions(auth, f.p.OwnSessions()), api.SignIn(f.p.SignIns()),
		api.EndAllSessions(auth, f.p.Sessions())).Function()
}

// MySession serves /v1/sessions/{sessionId}.
func (f Functions) MySession() event.Function {
	return api.Route(f.p.Origin(), api.EndSession(f.p.Authenticator(), f.p.OwnSessions())).Function()
}

// Session serves /v1/sessions/current.
func (f Functions) Session() event.Function {
	return api.Route(f.p.Origin(), api.GetSession(f.p.Authenticator(), f.p.Waiting()),
		api.SignOut(f.p.Authenticator(), f.p.Sessions())).Function()
}

// StepUp serves /v1/sessions/current/step-up.
func (f Functions) StepUp() event.Function {
	return api.Route(f.p.Origin(), api.StepUp(f.p.Authenticator(), f.p.StepUps())).Function()
}

// StepUpPasskeyOptions serves /v1/sessions/current/step-up-passkey-options.
func (f Functions) StepUpPasskeyOptions() event.Function {
	p := f.p
	return api.Route(p.Origin(), api.BeginPasskeyStepUp(p.Authenticator(), p.PasskeyConfirming(), p.Origin())).Speaks().Function()
}

// Me serves /v1/me.
func (f Functions) Me() event.Function {
	return api.Route(f.p.Origin(), api.EraseMe(f.p.Authenticator(), f.p.Erasure())).Function()
}

// MyData serves /v1/me/export.
func (f Functions) MyData() event.Function {
	return api.Route(f.p.Origin(), api.ExportMyData(f.p.Authenticator(), f.p.Self(), f.p.OwnContacts())).Function()
}

// Identity serves /v1/me/identities/{identityId}.
func (f Functions) Identity() event.Function {
	return api.Route(f.p.Origin(), api.UnlinkIdentity(f.p.Authenticator(), f.p.ProviderLinks())).Function()
}

// Passkey serves /v1/me/passkeys/{passkeyId}.
func (f Functions) Passkey() event.Function {
	auth, keyring := f.p.Authenticator(), f.p.Keyring()
	return api.Route(f.p.Origin(), api.RenamePasskey(auth, keyring), api.RemovePasskey(auth, keyring)).Function()
}

// PasskeyOptions serves /v1/me/passkeys/options.
func (f Functions) PasskeyOptions() event.Function {
	p := f.p
	return api.Route(p.Origin(), api.BeginPasskey(p.Authenticator(), p.PasskeyRegistering(), p.Origin(), p.Platform())).Speaks().Function()
}

// PasskeySessionOptions serves /v1/sessions/passkey-options.
func (f Functions) PasskeySessionOptions() event.Function {
	return api.Route(f.p.Origin(), api.BeginPasskeySignIn(f.p.PasskeyAsking(), f.p.Origin())).Speaks().Function()
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

// OwnSignIn serves /v1/agency/sign-in.
func (f Functions) OwnSignIn() event.Function {
	a, s, origin := f.p.Authenticator(), f.p.OwnSignInSettings(), f.p.Origin()
	return api.Route(origin, api.GetIssuer(a, f.p.OwnSignInDirectory(), origin), api.SetIssuer(a, s, origin),
		api.RequireIssuer(a, s, origin), api.RemoveIssuer(a, s)).Function()
}
