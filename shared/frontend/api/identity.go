package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/signin"
)

// IdentityBody is an account at a provider that signs the caller in.
type IdentityBody struct {
	ID       string `json:"id" example:"5yWqK0Y5hQ8m2nB7cX1vZ9sT3uD6eR0pL5aJ8gN2wM4"`
	Provider string `json:"provider" doc:"Which provider." example:"google"`
	Name     string `json:"name" doc:"The provider's name." example:"Google"`
	Issuer   string `json:"issuer" example:"https://accounts.google.com"`
	Email    string `json:"email" doc:"The address that the provider told us. Empty if it told none." example:"ops@acme.example"`
	LinkedAt Time   `json:"linkedAt"`
}

type identitiesOutput struct {
	Body struct {
		Items      []IdentityBody `json:"items" nullable:"false" doc:"Up to 10."`
		NextCursor *string        `json:"nextCursor" doc:"Always null."`
		Providers  []string       `json:"providers" nullable:"false" doc:"What linkIdentity takes here." example:"[\"google\"]"`
	}
}

// ListIdentities lists the accounts at providers that sign the caller in.
func ListIdentities(auth *signin.Authenticator, links *signin.Links, providers []identity.OpenIDProvider) Operation {
	return operation(auth, described{
		id: "listIdentities", method: http.MethodGet, who: identity.ByPerson, tag: tagAccount, status: 200,
		summary:     "List connected accounts",
		description: "Accounts at providers that sign you in. Codes by email always do, too.",
		codes:       []fault.Code{fault.Forbidden},
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*identitiesOutput, error) {
		all, err := links.List(ctx, caller)
		if err != nil {
			return nil, err
		}
		out := &identitiesOutput{}
		out.Body.Items, out.Body.Providers = []IdentityBody{}, []string{}
		for n := range all {
			l := &all[n]
			out.Body.Items = append(out.Body.Items, IdentityBody{l.Names(), string(l.Provider), l.Name, l.Issuer, l.Email, Time(l.At)})
		}
		for _, p := range providers {
			out.Body.Providers = append(out.Body.Providers, string(p.ID))
		}
		return out, nil
	})
}

type connectInput struct {
	Body struct {
		Provider string `json:"provider" doc:"One of the providers in listIdentities." example:"google" maxLength:"64"`
	}
}

type connectOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		URL string `json:"url" doc:"Where the browser goes." example:"https://accounts.google.com/o/oauth2/v2/auth?client_id=…"`
	}
}

// LinkIdentity begins to connect an account at a provider.
func LinkIdentity(auth *signin.Authenticator, providers *signin.Providers, all []identity.OpenIDProvider) Operation {
	return operation(auth, described{
		id: "linkIdentity", method: http.MethodPost, who: identity.ByPerson.Stepped(), tag: tagAccount, status: 200,
		summary: "Connect an account",
		description: "Sets a cookie, and says where the browser goes to sign in to the provider. It comes back to the account page " +
			"within 10 minutes, and then the account signs you in. We email you about it.",
		codes: []fault.Code{fault.Invalid, fault.Forbidden, fault.RateLimited, fault.Unavailable},
	}, func(ctx context.Context, caller identity.Caller, in *connectInput) (*connectOutput, error) {
		p, ok := identity.FindProvider(all, identity.ProviderID(in.Body.Provider))
		if !ok {
			return nil, fault.InField("provider", "errors.there_is_no_such_provider")
		}
		to, sealed, err := providers.Begin(ctx, caller, p.ID, "", true, of(ctx).ip)
		if err != nil {
			return nil, err
		}
		out := &connectOutput{SetCookie: cookie.SetErrand(sealed).String()}
		out.Body.URL = to
		return out, nil
	}, func(in *connectInput) error {
		if _, ok := identity.FindProvider(all, identity.ProviderID(in.Body.Provider)); !ok {
			return fault.InField("provider", "errors.there_is_no_such_provider")
		}
		return nil
	})
}

type identityInput struct {
	IdentityID string `path:"identityId" doc:"From listIdentities." example:"5yWqK0Y5hQ8m2nB7cX1vZ9sT3uD6eR0pL5aJ8gN2wM4"`
}

// UnlinkIdentity has an account at a provider sign the caller in no more.
func UnlinkIdentity(auth *signin.Authenticator, links *signin.Links) Operation {
	return operation(auth, described{
		id: "unlinkIdentity", method: http.MethodDelete, who: identity.ByPerson.Stepped(), tag: tagAccount, status: 204,
		summary:     "Disconnect an account",
		description: "The account at the provider no longer signs you in. Codes by email still do. We email you about it.",
		codes:       []fault.Code{fault.NotFound, fault.Forbidden},
	}, func(ctx context.Context, caller identity.Caller, in *identityInput) (*noContent, error) {
		return nil, links.DropNamed(ctx, caller, in.IdentityID, of(ctx).browser.Device)
	})
}
