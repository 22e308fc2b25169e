package oidc

import (
	"context"
	"net/http"
	"sync"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/signin"
)

// Offices asks the providers that agencies have of their own. What is known of each is kept apart from all others, and forgotten when the
// agency changes it.
type Offices struct {
	by       *Providers
	network  http.RoundTripper
	redirect func(id.Agency) string // where the provider of an agency leads back to

	mu  sync.Mutex
	all map[registered]*client
}

var _ signin.OfficeProvider = (*Offices)(nil)

// registered is what one agency had set up at one time.
type registered struct {
	agency  id.Agency
	version int
	secret  bool
}

// mostOffices is how many of them are kept.
const mostOffices = 64

// OpenOffices makes Offices, which lead back to where redirect says, and otherwise ask as the providers do.
func OpenOffices(by *Providers, network http.RoundTripper, redirect func(id.Agency) string) *Offices {
	return &Offices{by: by, network: network, redirect: redirect, all: map[registered]*client{}}
}

func (o *Offices) client(a *agency.Agency, secret string) *client {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := registered{a.ID, a.SignIn.Version, secret != ""}
	if c := o.all[at]; c != nil {
		return c
	}
	if len(o.all) >= mostOffices {
		clear(o.all)
	}
	which := identity.OfAgency(a.ID)
	c := newClient(Settings{Provider: identity.OpenIDProvider{ID: which, Name: a.SignIn.Name}, Issuer: a.SignIn.Issuer,
		ClientID: a.SignIn.ClientID, Secret: secret, Redirect: o.redirect(a.ID)}, o.by.Policy, o.network, o.by.Now)
	o.all[at] = c
	return c
}

// BeginAt returns where the browser goes.
func (o *Offices) BeginAt(ctx context.Context, a *agency.Agency, e *identity.Errand) (string, error) {
	return o.by.begin(ctx, o.client(a, ""), e)
}

// FinishAt exchanges what the browser has brought back for what the provider says of the person.
func (o *Offices) FinishAt(ctx context.Context, a *agency.Agency, secret string, e *identity.Errand, code, issuer string,
) (*identity.Assertion, error) {
	return o.by.finish(ctx, o.client(a, secret), e, code, issuer)
}
