// Package providers wires what asks OpenID providers who somebody is, which by the library for it is heavier than the other redirects.
package providers

import (
	"context"
	"fmt"
	"strings"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/oidc"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/wire"
)

// Parts are those of the whole deployment and what is here. It must never be put into an interface.
type Parts struct{ *wire.Parts }

// registrations are what the operator has set up at each provider, with the secrets where they are asked for.
func (p Parts) registrations(secrets bool) []oidc.Settings {
	var all []oidc.Settings
	for _, of := range p.SignInProviders() {
		s := oidc.Settings{Provider: of, Redirect: p.Origin() + "/sign-in/from/" + string(of.ID)}
		prefix := strings.ToUpper(string(of.ID))
		s.ClientID = p.String(prefix + "_CLIENT_ID")
		if secrets {
			if s.Secret = ssm.Given(p.Environment, prefix+"_SECRET_PARAMETER"); s.Secret == "" {
				p.Fail(fmt.Errorf("%s_SECRET_PARAMETER names no secret: set it, or leave the client id empty", prefix))
			}
		}
		switch of.ID {
		case identity.Google:
			s.Issuer = oidc.GoogleIssuer
		case identity.Microsoft:
			s.Issuer = oidc.MicrosoftIssuer
			if tenant := p.Optional("MICROSOFT_TENANT"); tenant != "" {
				s.Issuer = strings.Replace(s.Issuer, "common", tenant, 1)
			}
		default:
			s.Issuer = p.String("ISSUER_URL")
			s.Domains = strings.FieldsFunc(p.Optional("ISSUER_DOMAINS"), func(r rune) bool { return r == ' ' || r == ',' })
		}
		all = append(all, s)
	}
	return all
}

// providers signs people in by accounts that they have elsewhere.
func (p Parts) providers(secrets bool) *signin.Providers {
	policy, waiting := p.Egress(), p.Waiting()
	by := p.Accounts
	if by == nil {
		by = policy.Transport()
	}
	return &signin.Providers{Store: dynamo.NewProviders(p.Table()),
		Provider: oidc.Open(p.registrations(secrets), policy, by, p.Now, event.Annotate),
		Waits: func(ctx context.Context, who identity.Caller) (bool, error) {
			all, err := waiting.List(ctx, who)
			return len(all) > 0, err
		},
		Seals: p.Seals(), Now: p.Now}
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

// SignInWith serves /sign-in/with/{provider}.
func (f Functions) SignInWith() event.Function {
	return web.SignInWith(f.p.Authenticator(), f.p.providers(false), f.p.SignInProviders()).Function()
}

// Identities serves /v1/me/identities.
func (f Functions) Identities() event.Function {
	auth, all := f.p.Authenticator(), f.p.SignInProviders()
	return api.Route(f.p.Origin(), api.ListIdentities(auth, f.p.ProviderLinks(), all),
		api.LinkIdentity(auth, f.p.providers(false), all)).Function()
}

// SignInFrom serves /sign-in/from/{provider}.
func (f Functions) SignInFrom() event.Function {
	p := f.p
	return web.SignInFrom(p.Authenticator(), p.providers(true), p.SignInProviders(), p.Invitations(), p.Joins(),
		p.Codes(), p.Now).Function()
}
