// Package providers wires what asks OpenID providers who somebody is, which by the library for it is heavier than the other redirects.
package providers

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/oidc"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
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

// network is how providers are reached.
func (p Parts) network() (egress.Policy, http.RoundTripper) {
	policy, by := p.Egress(), p.Accounts
	if by == nil {
		by = policy.Transport()
	}
	return policy, by
}

// Providers signs people in by accounts that they have elsewhere.
func (p Parts) Providers(secrets bool) *signin.Providers {
	waiting := p.Waiting()
	policy, by := p.network()
	return &signin.Providers{Store: dynamo.NewProviders(p.Table()),
		Provider: oidc.Open(p.registrations(secrets), policy, by, p.Now, event.Annotate),
		Waits: func(ctx context.Context, who identity.Caller) (bool, error) {
			all, err := waiting.List(ctx, who)
			return len(all) > 0, err
		},
		Seals: p.Seals(), Now: p.Now}
}

// offices signs members of agencies in by the agencies' own providers. Only who comes back from one needs the secrets.
func (p Parts) offices(secrets bool) *signin.Offices {
	policy, by := p.network()
	origin := p.Origin()
	o := &signin.Offices{Store: dynamo.NewOffices(p.Table()), Seals: p.Seals(), Now: p.Now,
		Provider: oidc.OpenOffices(oidc.Open(nil, policy, by, p.Now, event.Annotate), by,
			func(of id.Agency) string { return origin + "/sign-in/at/" + string(of) + "/from" })}
	if secrets {
		o.Keys = ssm.Ring(p.Environment, "SEAL_PARAMETER")
	}
	return o
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
	return web.SignInWith(f.p.Authenticator(), f.p.Providers(false), f.p.SignInProviders()).Function()
}

// SignInFrom serves /sign-in/from/{provider}.
func (f Functions) SignInFrom() event.Function {
	p := f.p
	return web.SignInFrom(p.Authenticator(), p.Providers(true), p.SignInProviders(), p.Invitations(), p.Joins(),
		p.Codes(), p.Now).Function()
}

// OfficeWith serves /sign-in/at/{agencyId}/with.
func (f Functions) OfficeWith() event.Function {
	return web.OfficeWith(f.p.Authenticator(), f.p.offices(false)).Function()
}

// OfficeFrom serves /sign-in/at/{agencyId}/from.
func (f Functions) OfficeFrom() event.Function {
	return web.OfficeFrom(f.p.Authenticator(), f.p.offices(true), f.p.Codes(), f.p.Now).Function()
}
