// Package passkeys wires what verifies the answers of authenticators. What that takes is heavy, and nothing else needs it.
package passkeys

import (
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/webauthn"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/wire"
)

// Parts are those of the whole deployment and what is here. It must never be put into an interface.
type Parts struct{ *wire.Parts }

// verifier verifies answers for the origin.
func (p Parts) verifier() *webauthn.Verifier {
	v, err := webauthn.New(p.Origin())
	if err != nil {
		p.Fail(err)
	}
	return v
}

// Functions has one method for each of these functions, named by its logical id in the templates.
type Functions struct{ p Parts }

// With are the functions made of these parts.
func With(p *wire.Parts) Functions { return Functions{Parts{p}} }

// Start serves one of the functions through the Lambda Runtime API. It does not return.
func Start(f func(Functions) event.Function) {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		return f(With(wire.From(env, wire.Outside{}))), nil
	})
}

// Passkeys serves /v1/me/passkeys.
func (f Functions) Passkeys() event.Function {
	auth := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.ListPasskeys(auth, f.p.Keyring(), f.p.Origin()),
		api.AddPasskey(auth, f.p.PasskeyRegistrations(f.p.verifier()))).Speaks().Function()
}

// PasskeySession serves /v1/sessions/passkey.
func (f Functions) PasskeySession() event.Function {
	return api.Route(f.p.Origin(), api.SignInWithPasskey(f.p.PasskeySignIns(f.p.verifier()))).Speaks().Function()
}

// StepUpPasskey serves /v1/sessions/current/step-up-passkey.
func (f Functions) StepUpPasskey() event.Function {
	p := f.p
	return api.Route(p.Origin(), api.StepUpWithPasskey(p.Authenticator(), p.PasskeyConfirmations(p.verifier()))).Speaks().Function()
}
