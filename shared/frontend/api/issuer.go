package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/ownsignin"
	"latchkey.dev/shared/usecase/signin"
)

// IssuerBody is an agency's own sign-in provider, without its secret.
type IssuerBody struct {
	Provider *ProviderBody `json:"provider" doc:"null if you have set up none."`
	Required bool          `json:"required" doc:"Whether members enter with it only."`
	InForce  bool          `json:"inForce" doc:"Whether that counts right now. It rests while your plan isn't max."`
	SignInAt string        `json:"signInUrl" doc:"Where members sign in with it. Empty without a provider."`
	Redirect string        `json:"redirectUri" doc:"Register it at your provider."`
	Domains  []string      `json:"domains" nullable:"false" doc:"Members with a verified address here need no code the first time."`
	Linked   int           `json:"linked" doc:"How many members have signed in with it."`
	Members  int           `json:"members" doc:"How many there are."`
}

// ProviderBody is what is registered at the provider.
type ProviderBody struct {
	Name     string `json:"name" example:"Okta"`
	Issuer   string `json:"issuer" example:"https://id.northwind.example"`
	ClientID string `json:"clientId" example:"0oa4fk2l9XqWmTz1d5d7"`
	SetAt    Time   `json:"setAt" doc:"When more than its name changed last."`
}

type issuerOutput struct{ Body IssuerBody }

func issuerBody(v *ownsignin.View, origin string) *issuerOutput {
	a := v.Agency
	b := IssuerBody{Required: a.SignIn.Required, InForce: a.DemandsSignIn(), Redirect: origin + "/sign-in/at/" + string(a.ID) + "/from",
		Domains: []string{}, Linked: v.Linked, Members: v.People}
	if a.SignIn.Set() {
		b.Provider = &ProviderBody{a.SignIn.Name, a.SignIn.Issuer, a.SignIn.ClientID, Time(a.SignIn.SetAt)}
		b.SignInAt = origin + "/sign-in/at/" + string(a.ID)
	}
	for _, d := range v.Domains {
		b.Domains = append(b.Domains, string(d))
	}
	return &issuerOutput{b}
}

// GetIssuer shows the agency's own sign-in provider.
func GetIssuer(auth *signin.Authenticator, directory *ownsignin.Directory, origin string) Operation {
	return operation(auth, described{
		id: "getIssuer", method: http.MethodGet, who: identity.ByStaff(identity.AgencyRead), tag: tagAgency, status: 200,
		summary:     "Get your own sign-in",
		description: "The OpenID provider that your members sign in with. Its secret is never shown.",
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*issuerOutput, error) {
		v, err := directory.Get(ctx, caller)
		if err != nil {
			return nil, err
		}
		return issuerBody(v, origin), nil
	})
}

type setIssuerInput struct {
	Body struct {
		Name         string  `json:"name" doc:"What members know it by. Up to 40 characters." example:"Okta" maxLength:"200"`
		Issuer       string  `json:"issuer" doc:"To the byte." example:"https://id.northwind.example" maxLength:"2000"`
		ClientID     string  `json:"clientId" example:"0oa4fk2l9XqWmTz1d5d7" maxLength:"2000"`
		ClientSecret *string `json:"clientSecret,omitempty" doc:"Never shown again. Left out, the stored one is kept."`
	}
}

func (in *setIssuerInput) registration() agency.Registration {
	b := in.Body
	return agency.Registration{Name: b.Name, Issuer: b.Issuer, ClientID: b.ClientID, Secret: b.ClientSecret}
}

// SetIssuer sets the agency's own sign-in provider up.
func SetIssuer(auth *signin.Authenticator, settings *ownsignin.Settings, origin string) Operation {
	return operation(auth, described{
		id: "setIssuer", method: http.MethodPut, who: identity.ByOwner(), tag: tagAgency, status: 200,
		summary: "Set up your own sign-in",
		description: "Any OpenID provider with https endpoints on the public internet. If you change more than its name, it's no longer " +
			"required until you've tested it again. Only owners can do this, on max.",
		codes: []fault.Code{fault.Invalid, fault.PlanRequired},
	}, func(ctx context.Context, caller identity.Caller, in *setIssuerInput) (*issuerOutput, error) {
		v, err := settings.Set(ctx, caller, in.registration())
		if err != nil {
			return nil, err
		}
		return issuerBody(v, origin), nil
	}, func(in *setIssuerInput) error { return settings.Check(in.registration()) })
}

type requireIssuerInput struct {
	Body struct {
		Required bool `json:"required"`
	}
}

// RequireIssuer has the agency's people sign in by its own provider, or not any more.
func RequireIssuer(auth *signin.Authenticator, settings *ownsignin.Settings, origin string) Operation {
	return operation(auth, described{
		id: "requireIssuer", method: http.MethodPatch, who: identity.ByOwner(), tag: tagAgency, status: 200,
		summary: "Require your own sign-in",
		description: "Members then enter with it only, from their next request on. API keys aren't concerned. Your session must " +
			"come from the provider, not older than ten minutes. If the provider fails, owners enter with a code by email, and all " +
			"owners are emailed. All owners are emailed about this change, too.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.NotActive, fault.PlanRequired},
	}, func(ctx context.Context, caller identity.Caller, in *requireIssuerInput) (*issuerOutput, error) {
		v, err := settings.Require(ctx, caller, in.Body.Required)
		if err != nil {
			return nil, err
		}
		return issuerBody(v, origin), nil
	})
}

// RemoveIssuer forgets the agency's own sign-in provider.
func RemoveIssuer(auth *signin.Authenticator, settings *ownsignin.Settings) Operation {
	return operation(auth, described{
		id: "removeIssuer", method: http.MethodDelete, who: identity.ByOwner(), tag: tagAgency, status: 204,
		summary:     "Remove your own sign-in",
		description: "Sessions that it made end for your agency. Everybody signs in as before. Only owners can do this.",
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*noContent, error) {
		return nil, settings.Remove(ctx, caller)
	})
}
