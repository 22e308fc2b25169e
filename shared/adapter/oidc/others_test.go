package oidc_test

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"latchkey.dev/infra/run/provider"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/oidc"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
)

// foreign is a provider that was not written here, on loopback, at which one person signs in.
type foreign struct {
	issuer, id, secret string

	says   provider.Account       // of the person from now on
	parts  jwt.ClaimStrings       // for whom the token is besides us, where the provider can be made to say that
	browse func(to string) string // goes there as the person, and is where that leads back to
	rotate func()                 // has it sign with another key, and know the old one no more
	hold   func(r *http.Request)  // looks at a request before it is answered; nil for nothing
	stop   func()
}

// mock is mockoidc's.
func mock(t *testing.T) *foreign {
	t.Helper()
	m, err := mockoidc.NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &foreign{}
	if err := m.AddMiddleware(o.held); err != nil {
		t.Fatal(err)
	}
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(on, nil); err != nil {
		t.Fatal(err)
	}
	o.stop = func() { _ = m.Shutdown() }
	t.Cleanup(o.stop)
	o.issuer, o.id, o.secret = m.Issuer(), m.ClientID, m.ClientSecret
	o.browse = func(to string) string {
		m.QueueUser(&partial{mockoidc.MockUser{Subject: o.says.Subject, Email: o.says.Email, EmailVerified: o.says.Verified}, o.parts})
		return follow(t, to)
	}
	o.rotate = func() {
		pair, err := mockoidc.RandomKeypair(2048)
		if err != nil {
			t.Fatal(err)
		}
		m.Keypair = pair
	}
	return o
}

// partial is a person of mockoidc's whose token is for others, too.
type partial struct {
	mockoidc.MockUser

	parts jwt.ClaimStrings
}

// Claims adds them.
func (p *partial) Claims(scope []string, base *mockoidc.IDTokenClaims) (jwt.Claims, error) {
	base.Audience = append(base.Audience, p.parts...)
	return p.MockUser.Claims(scope, base)
}

// zitadel is the example server of zitadel/oidc.
func zitadel(t *testing.T) *foreign {
	t.Helper()
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &foreign{issuer: "http://" + on.Addr().String(), id: "web", secret: "a secret"}
	var now atomic.Pointer[http.Handler]
	o.rotate = func() { // another one in its place, which has made a key of its own
		clients := map[string]*storage.Client{"web": storage.WebClient("web", "a secret", redirect)}
		var h http.Handler = exampleop.SetupServer(o.issuer, storage.NewStorageWithClients(said{o}, clients), nil, false)
		now.Store(&h)
	}
	o.rotate()
	server := &http.Server{ReadHeaderTimeout: time.Minute, //nolint:exhaustruct // a test's
		Handler: o.held(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*now.Load()).ServeHTTP(w, r) }))}
	go func() { _ = server.Serve(on) }()
	o.stop = func() { _ = server.Close() }
	t.Cleanup(o.stop)
	o.browse = func(to string) string {
		u, err := url.Parse(follow(t, to)) // to the form
		if err != nil {
			t.Fatal(err)
		}
		back := send(t, o.issuer+"/login/username",
			url.Values{"username": {"anna"}, "password": {"p"}, "id": {u.Query().Get("authRequestID")}})
		return follow(t, within(o.issuer, back))
	}
	return o
}

// said is the person at zitadel's server.
type said struct{ o *foreign }

// GetUserByID is the person, whoever is asked for.
func (s said) GetUserByID(string) *storage.User {
	return &storage.User{ID: s.o.says.Subject, Username: "anna", Password: "p", Email: s.o.says.Email, EmailVerified: s.o.says.Verified}
}

// GetUserByUsername is the same.
func (s said) GetUserByUsername(string) *storage.User { return s.GetUserByID("") }

// ExampleClientID is nobody's.
func (said) ExampleClientID() string { return "service" }

func (o *foreign) held(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.hold != nil {
			o.hold(r)
		}
		next.ServeHTTP(w, r)
	})
}

// TestSenderAgainstOthers holds the rules at two providers that were not written here.
func TestSenderAgainstOthers(t *testing.T) {
	t.Parallel()
	all := map[string]func(*testing.T) *foreign{"mockoidc": mock, "zitadel": zitadel}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := all[name](t)
			u, err := url.Parse(o.issuer)
			if err != nil {
				t.Fatal(err)
			}
			policy := egress.Strict().Allowing(netip.MustParseAddrPort(u.Host))
			var later atomic.Int64
			clock := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
			open := func() *oidc.Providers {
				return oidc.Open([]oidc.Settings{{Provider: identity.OpenIDProvider{ID: identity.OwnIssuer, Name: "Another"}, Issuer: o.issuer,
					ClientID: o.id, Secret: o.secret, Redirect: redirect, Domains: []string{"acme.example"}}}, policy, policy.Transport(), clock,
					func(context.Context, ...any) {})
			}
			asks := open()
			sign := func() (*identity.Assertion, error) {
				t.Helper()
				e := identity.NewErrand(identity.OwnIssuer, "", "", clock())
				to, err := asks.Begin(t.Context(), e)
				if err != nil {
					return nil, err
				}
				back, err := url.Parse(o.browse(to))
				if err != nil || back.Query().Get("state") != e.State {
					t.Fatal(back, err)
				}
				return asks.Finish(t.Context(), e, back.Query().Get("code"), back.Query().Get("iss"))
			}
			const address = email.Address("anna@acme.example")
			o.says = provider.Account{Subject: "9", Email: string(address), Verified: true}
			first, err := sign()
			if err != nil || first.Issuer != o.issuer || first.Subject != "9" || !first.Vouches(address) {
				t.Fatalf("it says %+v, %v", first, err)
			}
			// O4: the address with another subject is another account.
			o.says.Subject = "10"
			if a, err := sign(); err != nil || a.Subject != "10" || identity.NamesOf(a.Issuer, a.Subject) == identity.NamesOf(first.Issuer, "9") {
				t.Errorf("O4: it says %+v, %v", a, err)
			}
			// O5, nOAuth: an address that the provider has not verified proves nothing, nor does one at a domain that is not listed.
			o.says = provider.Account{Subject: "9", Email: string(address)}
			if a, err := sign(); err != nil || a.Vouches(address) {
				t.Errorf("O5: it says %+v, %v", a, err)
			}
			o.says = provider.Account{Subject: "9", Email: "anna@other.example", Verified: true}
			if a, err := sign(); err != nil || a.Vouches("anna@other.example") {
				t.Errorf("O6: it says %+v, %v", a, err)
			}
			// O3: the keys change. They are looked at again a minute after the last time, and no sooner.
			o.says = provider.Account{Subject: "9", Email: string(address), Verified: true}
			o.rotate()
			if a, err := sign(); !fault.Is(err, fault.Malformed) {
				t.Errorf("O3: within the minute it says %+v, %v", a, err)
			}
			later.Store(int64(61 * time.Second))
			if a, err := sign(); err != nil || a.Subject != "9" {
				t.Errorf("O3: with another key it says %+v, %v", a, err)
			}
			// O3: a token that is for others, too, says for whose use it is.
			if name == "mockoidc" {
				o.parts = jwt.ClaimStrings{"somebody else"}
				if a, err := sign(); !fault.Is(err, fault.Malformed) {
					t.Errorf("O3: for several without azp it says %+v, %v", a, err)
				}
				o.parts = nil
			}
			// O10: it does not answer, and nobody waits longer than they like.
			ctx, cancel := context.WithCancel(t.Context())
			o.hold = func(r *http.Request) {
				cancel()
				<-r.Context().Done()
			}
			if _, err := open().Begin(ctx, identity.NewErrand(identity.OwnIssuer, "", "", clock())); !fault.Is(err, fault.Unavailable) {
				t.Errorf("O10: one that does not answer: %v", err)
			}
			o.stop()
			if _, err := open().Begin(t.Context(), identity.NewErrand(identity.OwnIssuer, "", "", clock())); !fault.Is(err, fault.Unavailable) {
				t.Errorf("O10: one that is not there: %v", err)
			}
		})
	}
}
