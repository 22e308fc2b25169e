// Package connecting wires the operations on accounts at OpenID providers. They need the library for those and the one for operations,
// and whoever comes back from a provider has no room for both.
package connecting

import (
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/wire"
	"latchkey.dev/shared/wire/providers"
)

// Functions has one method for each of these functions, named by its logical id in the templates.
type Functions struct{ p providers.Parts }

// With are the functions made of these parts.
func With(p *wire.Parts) Functions { return Functions{providers.Parts{Parts: p}} }

// Start serves one of the functions through the Lambda Runtime API. It does not return.
func Start(f func(Functions) event.Function) {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		return f(With(wire.From(env, wire.Outside{}))), nil
	})
}

// Identities serves /v1/me/identities.
func (f Functions) Identities() event.Function {
	auth, all := f.p.Authenticator(), f.p.SignInProviders()
	return api.Route(f.p.Origin(), api.ListIdentities(auth, f.p.ProviderLinks(), all),
		api.LinkIdentity(auth, f.p.Providers(false), all)).Function()
}
