package oidc_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/oauth2-proxy/mockoidc"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/provider"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/oidc"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

const redirect = "https://portal.example/sign-in/from/issuer"

// world is a provider that can be made to say anything, and the product's side of it.
type world struct {
	t      *testing.T
	server *provider.Server
	asks   *oidc.Providers
	which  identity.OpenIDProvider
	says   string // the issuer beside its answers

	mu     sync.Mutex
	now    time.Time
	causes []string
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) note(_ context.Context, pairs ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := 0; n+1 < len(pairs); n += 2 {
		if pairs[n] == "cause" {
			w.causes = append(w.causes, pairs[n+1].(string))
		}
	}
}

// cause is why the last one was not believed.
func (w *world) cause() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.causes) == 0 {
		return ""
	}
	return w.causes[len(w.causes)-1]
}

// at is a world whose provider is one of the three; its endpoints are below the issuer, without a network.
func at(t *testing.T, which identity.ProviderID, issuer, template string) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC), which: identity.OpenIDProvider{ID: which, Name: "Somebody"}}
	w.server, w.says = &provider.Server{Issuer: template, At: issuer, Now: w.clock}, template
	u, err := url.Parse(issuer)
	if err != nil {
		t.Fatal(err)
	}
	w.asks = oidc.Open([]oidc.Settings{{Provider: w.which, Issuer: issuer, ClientID: provider.ClientID, Secret: provider.Secret,
		Redirect: redirect, Domains: []string{"acme.example"}}}, egress.Strict(),
		roundtrip.Transport(http.StripPrefix(u.Path, w.server)), w.clock, w.note)
	return w
}

func anIssuer(t *testing.T) *world {
	return at(t, identity.OwnIssuer, "https://id.example/oidc", "https://id.example/oidc")
}

var anna = provider.Account{Subject: "248289761001", Email: "anna@acme.example", Verified: true}

// sign goes through the whole of a sign-in as the account.
func (w *world) sign(a provider.Account) (*identity.Assertion, error) {
	w.t.Helper()
	e := identity.NewErrand(w.which.ID, "", "", w.clock())
	return w.finish(e, w.grant(e, a), w.says)
}

func (w *world) finish(e *identity.Errand, code, issuer string) (*identity.Assertion, error) {
	return w.asks.Finish(w.t.Context(), e, code, issuer)
}

func (w *world) grant(e *identity.Errand, a provider.Account) string {
	w.t.Helper()
	to, err := w.asks.Begin(w.t.Context(), e)
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.server.Grant(a, u.Query())
}

// refuses asks for a sign-in that is not believed, for a reason.
func (w *world) refuses(what, cause string) {
	w.t.Helper()
	a, err := w.sign(anna)
	if !fault.Is(err, fault.Malformed) || a != nil || !strings.Contains(w.cause(), cause) {
		w.t.Errorf("%s: %+v, %v, because of %q; want %q", what, a, err, w.cause(), cause)
	}
}

func TestSenderO2WhatTheProviderIsAskedFor(t *testing.T) {
	t.Parallel()
	w := anIssuer(t)
	e := identity.NewErrand(w.which.ID, "/portal", "", w.clock())
	to, err := w.asks.Begin(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(to)
	q := u.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": provider.ClientID, "redirect_uri": redirect,
		"state": e.State, "nonce": e.Nonce, "code_challenge_method": "S256", "scope": "openid email"} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if len(e.State) != 43 || len(e.Nonce) != 43 || len(e.Verifier) != 43 || e.State == e.Nonce || e.Nonce == e.Verifier {
		t.Errorf("not three times 256 bits: %+v", e)
	}
	if strings.Contains(to, e.Verifier) || q.Get("code_challenge") == "" {
		t.Error("the verifier goes through the browser")
	}
	a, err := w.finish(e, w.server.Grant(anna, q), w.server.Issuer)
	if err != nil || a.Issuer != w.server.Issuer || a.Subject != anna.Subject || a.Email != anna.Email || !a.Verified {
		t.Errorf("%+v, %v", a, err)
	}
	// Another verifier than the one that was asked with does not exchange the code.
	second := identity.NewErrand(w.which.ID, "", "", w.clock())
	if _, err := w.finish(second, w.server.Grant(anna, q), w.says); !fault.Is(err, fault.Malformed) ||
		w.cause() != "token:invalid_grant" {
		t.Errorf("a code of another errand: %v, %s", err, w.cause())
	}
	// The provider says who it is, so that its silence is refused, and somebody else's name is (RFC 9207).
	for _, issuer := range []string{"", "https://evil.example", w.server.Issuer + "/"} {
		e := identity.NewErrand(w.which.ID, "", "", w.clock())
		if _, err := w.finish(e, w.grant(e, anna), issuer); !fault.Is(err, fault.Malformed) || w.cause() != "answer_iss" {
			t.Errorf("iss %q: %v, %s", issuer, err, w.cause())
		}
	}
}

func TestSenderO3WhatIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := anIssuer(t)
	for what, c := range map[string]struct {
		cause string
		claim func(map[string]any)
	}{
		"no nonce":           {"nonce", func(c map[string]any) { c["nonce"] = nil }},
		"an empty nonce":     {"nonce", func(c map[string]any) { c["nonce"] = "" }},
		"another nonce":      {"nonce", func(c map[string]any) { c["nonce"] = "n-0S6_WzA2Mj" }},
		"another audience":   {"audience", func(c map[string]any) { c["aud"] = "somebody" }},
		"no audience":        {"audience", func(c map[string]any) { c["aud"] = nil }},
		"several, no azp":    {"azp", func(c map[string]any) { c["aud"] = []string{provider.ClientID, "somebody"} }},
		"several, their azp": {"azp", func(c map[string]any) { c["aud"], c["azp"] = []string{provider.ClientID, "b"}, "b" }},
		"one, another azp":   {"azp", func(c map[string]any) { c["azp"] = "somebody" }},
		"over":               {"expired", func(c map[string]any) { c["exp"] = w.clock().Add(-61 * time.Second).Unix() }},
		"no end":             {"expired", func(c map[string]any) { c["exp"] = nil }},
		"made later":         {"iat", func(c map[string]any) { c["iat"] = w.clock().Add(61 * time.Second).Unix() }},
		"never made":         {"iat", func(c map[string]any) { c["iat"] = nil }},
		"another issuer":     {"different provider", func(c map[string]any) { c["iss"] = "https://evil.example" }},
		"with a slash":       {"different provider", func(c map[string]any) { c["iss"] = w.server.Issuer + "/" }},
		"nobody":             {"sub", func(c map[string]any) { c["sub"] = "" }},
		"a long name":        {"sub", func(c map[string]any) { c["sub"] = strings.Repeat("x", 256) }},
		"another hash":       {"at_hash", func(c map[string]any) { c["at_hash"] = "77QmUPtjPfzWtF2AnpK9RQ" }},
		"a claim of text":    {"claims", func(c map[string]any) { c["azp"] = 7 }},
	} {
		w.server.Claim(c.claim)
		w.refuses(what, c.cause)
	}
	for what, claim := range map[string]func(map[string]any){
		"a minute over":    func(c map[string]any) { c["exp"] = w.clock().Add(-59 * time.Second).Unix() },
		"a minute ahead":   func(c map[string]any) { c["iat"] = w.clock().Add(59 * time.Second).Unix() },
		"several, our azp": func(c map[string]any) { c["aud"], c["azp"] = []string{"b", provider.ClientID}, provider.ClientID },
	} {
		w.server.Claim(claim)
		if _, err := w.sign(anna); err != nil {
			t.Errorf("%s: %v, %s", what, err, w.cause())
		}
	}
}

func TestSenderO3WhoMaySign(t *testing.T) {
	t.Parallel()
	w := anIssuer(t)
	none := func(_ *provider.Server, claims []byte) string {
		return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString(claims) + "."
	}
	for what, sign := range map[string]func(*provider.Server, []byte) string{
		"none": none,
		"the client's secret": func(_ *provider.Server, claims []byte) string {
			return provider.By(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(provider.Secret)}, claims)
		},
		"RS384": func(_ *provider.Server, claims []byte) string {
			k, _ := mockoidc.RandomKeypair(2048)
			return provider.By(jose.SigningKey{Algorithm: jose.RS384, Key: k.PrivateKey}, claims)
		},
		"somebody else's key": func(_ *provider.Server, claims []byte) string {
			k, _ := mockoidc.RandomKeypair(2048)
			return provider.By(jose.SigningKey{Algorithm: jose.RS256, Key: k.PrivateKey}, claims)
		},
		"changed after": func(s *provider.Server, claims []byte) string {
			p := strings.Split(s.Signed(claims), ".")
			return p[0] + "." + p[1][:len(p[1])-4] + "AAAA." + p[2]
		},
		"nothing":  func(*provider.Server, []byte) string { return "" },
		"no token": func(*provider.Server, []byte) string { return "a.b.c" },
	} {
		w.server.Sign(sign)
		if a, err := w.sign(anna); !fault.Is(err, fault.Malformed) || a != nil {
			t.Errorf("signed with %s: %+v, %v", what, a, err)
		}
	}
}

// TestSenderO3KeysAreLookedAtOnceAMinute: a new key is found, and tokens that name keys which nobody knows make no more requests.
func TestSenderO3KeysAreLookedAtOnceAMinute(t *testing.T) {
	t.Parallel()
	w := anIssuer(t)
	if _, err := w.sign(anna); err != nil {
		t.Fatal(err)
	}
	w.server.Rotate(true)
	w.refuses("a key of a second ago", "signature")
	w.pass(time.Minute)
	if _, err := w.sign(anna); err != nil {
		t.Errorf("a minute after: %v, %s", err, w.cause())
	}
	before := w.server.Asked("/keys")
	k, err := mockoidc.RandomKeypair(2048)
	if err != nil {
		t.Fatal(err)
	}
	w.server.Sign(func(_ *provider.Server, claims []byte) string {
		return provider.By(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: k.PrivateKey, KeyID: "unknown"}}, claims)
	})
	for range 20 {
		_, _ = w.sign(anna)
	}
	w.pass(time.Minute)
	for range 20 {
		_, _ = w.sign(anna)
	}
	if n := w.server.Asked("/keys") - before; n > 1 {
		t.Errorf("40 unknown keys within a minute cost %d requests", n)
	}
	w.server.Sign(nil)
	w.server.Rotate(false) // an old key is not published any more
	w.pass(time.Minute)
	if _, err := w.sign(anna); err != nil {
		t.Errorf("with the old key gone: %v, %s", err, w.cause())
	}
	if n := w.server.Asked("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("discovery was read %d times", n)
	}
}

// TestSenderO6AnAddressMayBeToldApart: a provider that goes by the letter tells the address at an endpoint of its own.
func TestSenderO6AnAddressMayBeToldApart(t *testing.T) {
	t.Parallel()
	w := anIssuer(t)
	w.server.Thin()
	if a, err := w.sign(anna); err != nil || a.Email != anna.Email || !a.Verified || w.server.Asked("/userinfo") != 1 {
		t.Errorf("%+v, %v, %s", a, err, w.cause())
	}
	w.server.Claim(func(c map[string]any) {
		if c["iss"] == nil {
			c["sub"] = "somebody else"
		}
	})
	w.refuses("told of somebody else", "userinfo_sub")
	w.server.Claim(nil)
	w.server.Fail(func(out http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/userinfo" {
			out.WriteHeader(http.StatusBadGateway)
		}
		return r.URL.Path == "/userinfo"
	})
	if a, err := w.sign(anna); err != nil || a.Email != "" || a.Verified {
		t.Errorf("where that fails: %+v, %v", a, err)
	}
}

func TestSenderO4Google(t *testing.T) {
	t.Parallel()
	w := at(t, identity.Google, oidc.GoogleIssuer, oidc.GoogleIssuer)
	w.server.Claim(func(c map[string]any) { c["iss"], c["hd"] = "accounts.google.com", "Acme.Example" })
	a, err := w.sign(anna)
	if err != nil || a.Issuer != oidc.GoogleIssuer {
		t.Fatalf("without its scheme: %+v, %v, %s", a, err, w.cause())
	}
	if !a.Vouches("anna@acme.example") || a.Vouches("anna@other.example") {
		t.Error("it vouches for whom it does not host, or not for whom it does")
	}
}

const (
	contoso = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	other   = "9188040d-6c67-4c5b-b112-36a304b66dad" // that of personal accounts
	online  = "https://login.microsoftonline.com/"
)

func TestSenderO5Microsoft(t *testing.T) {
	t.Parallel()
	w := at(t, identity.Microsoft, oidc.MicrosoftIssuer, online+"{tenantid}/v2.0")
	w.says = online + contoso + "/v2.0"
	of := func(tid any, iss string, more func(map[string]any)) func(map[string]any) {
		return func(c map[string]any) {
			c["tid"], c["iss"], c["oid"] = tid, iss, "00000000-0000-0000-66f3-3332eca7ea81"
			if more != nil {
				more(c)
			}
		}
	}
	for what, c := range map[string]func(map[string]any){
		"no tid":             of(nil, online+contoso+"/v2.0", nil),
		"another's tid":      of("9188040d-6c67-4c5b-b112-36a304b66dad", online+contoso+"/v2.0", nil),
		"no UUID":            of("common", online+"common/v2.0", nil),
		"a path for a tid":   of("../"+contoso[3:], online+"../"+contoso[3:]+"/v2.0", nil),
		"the template":       of(contoso, online+"{tenantid}/v2.0", nil),
		"somebody's host":    of(contoso, "https://evil.example/"+contoso+"/v2.0", nil),
		"the old endpoint's": of(contoso, "https://sts.windows.net/"+contoso+"/", nil),
	} {
		w.server.Claim(c)
		w.refuses(what, "tid")
	}
	for _, edov := range []any{true, "1", 1, "true", nil, false, "0", 0, "", "yes"} {
		w.server.Claim(of(contoso, online+contoso+"/v2.0", func(c map[string]any) { c["xms_edov"], c["email_verified"] = edov, true }))
		a, err := w.sign(anna)
		if err != nil || a.Issuer != online+contoso+"/v2.0" || a.Object == "" {
			t.Fatalf("%v: %+v, %v, %s", edov, a, err, w.cause())
		}
		if want := edov == true || edov == "1" || edov == 1 || edov == "true"; a.Vouches("anna@acme.example") != want {
			t.Errorf("with xms_edov %v it vouches: %t", edov, !want)
		}
	}
	w.says = online + other + "/v2.0"
	w.refuses("another organisation's answer", "answer_iss")

	// An application of one organisation takes nobody else.
	one := at(t, identity.Microsoft, online+contoso+"/v2.0", online+contoso+"/v2.0")
	one.server.Claim(of(contoso, online+contoso+"/v2.0", nil))
	if _, err := one.sign(anna); err != nil {
		t.Errorf("its own: %v, %s", err, one.cause())
	}
	one.server.Claim(of(other, online+other+"/v2.0", nil))
	one.refuses("another organisation's", "tid")
}

func TestSenderO6DiscoveryIsHeldToTheIssuer(t *testing.T) {
	t.Parallel()
	for said, ok := range map[string]bool{"https://id.example/oidc": true, "https://id.example/oidc/": false, "https://ID.example/oidc": false,
		"http://id.example/oidc": false, "https://evil.example": false, "": false} {
		w := at(t, identity.OwnIssuer, "https://id.example/oidc", said)
		_, err := w.asks.Begin(t.Context(), identity.NewErrand(w.which.ID, "", "", w.clock()))
		if (err == nil) != ok || err != nil && !fault.Is(err, fault.Unavailable) {
			t.Errorf("it calls itself %q: %v, %s", said, err, w.cause())
		}
	}
}

// TestSenderO6EndpointsArePublic: an endpoint that is not https, or leads to where nobody may call, is not gone to.
func TestSenderO6EndpointsArePublic(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri"} {
		for _, to := range []string{"http://id.example/x", "https://127.0.0.1/x", "https://169.254.169.254/x", "https://[::1]/x",
			"https://10.0.0.1/x", "javascript:alert(1)", "https://user:secret@id.example/x", "", "//id.example/x"} {
			w := anIssuer(t)
			w.server.Fail(func(out http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/.well-known/openid-configuration" {
					return false
				}
				d := map[string]any{"issuer": w.server.Issuer, "authorization_endpoint": w.server.Issuer + "/authorize",
					"token_endpoint": w.server.Issuer + "/token", "jwks_uri": w.server.Issuer + "/keys"}
				d[name] = to
				out.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(out).Encode(d)
				return true
			})
			if _, err := w.asks.Begin(t.Context(), identity.NewErrand(w.which.ID, "", "", w.clock())); !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s %q: %v", name, to, err)
			}
		}
	}
}

// TestSenderO10WhatAProviderAnswersIsBounded: large answers, redirects, refusals and silence end in a fault, at each step.
func TestSenderO10WhatAProviderAnswersIsBounded(t *testing.T) {
	t.Parallel()
	for what, answers := range map[string]func(http.ResponseWriter, *http.Request){
		"a flood": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"issuer":"` + strings.Repeat("x", 300<<10) + `"}`))
		},
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example", http.StatusFound)
		},
		"an error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"no JSON":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"no answer":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"an array":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[]")) },
		"only texts": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":"x","issuer":7}`)) },
	} {
		for _, path := range []string{"/.well-known/openid-configuration", "/token", "/keys"} {
			w := anIssuer(t)
			w.server.Fail(func(out http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == path {
					answers(out, r)
				}
				return r.URL.Path == path
			})
			e := identity.NewErrand(w.which.ID, "", "", w.clock())
			_, err := w.asks.Begin(t.Context(), e)
			if err == nil {
				_, err = w.finish(e, w.grant(e, anna), w.server.Issuer)
			}
			if f := fault.As(err); f == nil || f.Code != fault.Unavailable && f.Code != fault.Malformed || len(w.cause()) > 200 {
				t.Errorf("%s at %s: %v, %s", what, path, err, w.cause())
			}
			w.server.Fail(nil)
			if _, err := w.sign(anna); err != nil {
				t.Errorf("after %s at %s: %v, %s", what, path, err, w.cause())
			}
		}
	}
}

// TestSenderO10SlowProviders: who waits for a provider that says nothing waits for seconds.
func TestSenderO10SlowProviders(t *testing.T) {
	t.Parallel()
	ended := errors.New("given up")
	for _, path := range []string{"/.well-known/openid-configuration", "/token"} {
		w := anIssuer(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		w.server.Fail(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != path {
				return false
			}
			if d, ok := r.Context().Deadline(); !ok || time.Until(d) > 5*time.Second {
				t.Errorf("%s has until %v", path, d)
			}
			cancel(ended) // as if the time were over
			<-r.Context().Done()
			return true
		})
		e := identity.NewErrand(w.which.ID, "", "", w.clock())
		_, err := w.asks.Begin(ctx, e)
		if err == nil {
			_, err = w.asks.Finish(ctx, e, w.grant(e, anna), w.server.Issuer)
		}
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestSenderO10NobodyWaitsAnewForADocumentThatCannotBeHad: what was read before still does, and is asked for again a minute later.
func TestSenderO10NobodyWaitsAnewForADocumentThatCannotBeHad(t *testing.T) {
	t.Parallel()
	w := anIssuer(t)
	if _, err := w.sign(anna); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	w.server.Fail(func(out http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/.well-known/openid-configuration" {
			return false
		}
		asked.Add(1)
		out.WriteHeader(http.StatusBadGateway)
		return true
	})
	for n, after := range []time.Duration{59 * time.Minute, time.Minute, 59 * time.Second, time.Second, 3 * time.Hour} {
		w.pass(after)
		for range 3 {
			if _, err := w.sign(anna); err != nil {
				t.Fatalf("%s after the last: %v, %s", after, err, w.cause())
			}
		}
		if got, want := asked.Load(), []int64{0, 1, 1, 2, 3}[n]; got != want {
			t.Errorf("step %d: the document was asked for %d times, want %d", n, got, want)
		}
	}
}

// TestSenderO6AnAgencyIsToldApartWhatIsDownAndWhatIsNone: what its own provider answers is bounded like everybody's, and of what is no
// provider its people learn that, since they are who can mend it.
func TestSenderO6AnAgencyIsToldApartWhatIsDownAndWhatIsNone(t *testing.T) {
	t.Parallel()
	says := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	lies := func(change func(map[string]any)) func(http.ResponseWriter) {
		d := map[string]any{"issuer": "https://id.example/oidc", "authorization_endpoint": "https://id.example/a",
			"token_endpoint": "https://id.example/t", "jwks_uri": "https://id.example/k"}
		change(d)
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		return says(200, string(b))
	}
	const down, none = fault.Unavailable, fault.Malformed
	for what, x := range map[string]struct {
		answers func(http.ResponseWriter)
		want    fault.Code
	}{
		"no answer":        {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, down},
		"an error":         {says(502, "down"), down},
		"too many":         {says(429, "later"), down},
		"nothing there":    {says(404, "nothing"), none},
		"elsewhere":        {says(302, ""), none},
		"a page":           {says(200, "<html>"), none},
		"a flood":          {says(200, `{"issuer":"`+strings.Repeat("x", 300<<10)+`"}`), none},
		"another issuer":   {lies(func(d map[string]any) { d["issuer"] = "https://id.example/oidc/" }), none},
		"a private token":  {lies(func(d map[string]any) { d["token_endpoint"] = "https://10.0.0.1/t" }), none},
		"a plain page":     {lies(func(d map[string]any) { d["authorization_endpoint"] = "http://id.example/a" }), none},
		"keys on the disk": {lies(func(d map[string]any) { d["jwks_uri"] = "file:///etc/passwd" }), none},
	} {
		w := anIssuer(t)
		offices := oidc.OpenOffices(w.asks, roundtrip.Transport(http.StripPrefix("/oidc", w.server)),
			func(id.Agency) string { return redirect })
		a := &agency.Agency{ID: "ag_01KBGM2DHWSZ0F8S1S6GZB2Q5X", SignIn: agency.SignIn{Name: "Okta", Issuer: "https://id.example/oidc",
			ClientID: provider.ClientID, Version: 1}}
		fails := func(out http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/.well-known/openid-configuration" {
				x.answers(out)
				return true
			}
			return false
		}
		w.server.Fail(fails)
		e := identity.NewErrand(identity.OfAgency(a.ID), "", "", w.clock())
		if _, err := offices.BeginAt(t.Context(), a, e); !fault.Is(err, x.want) || len(w.cause()) > 200 {
			t.Errorf("%s: %v, %s; want %s", what, err, w.cause(), x.want)
		}
		// The same for who comes back when it has begun to fail, and nothing of that lasts.
		w.server.Fail(nil)
		to, err := offices.BeginAt(t.Context(), a, e)
		if err != nil {
			t.Fatalf("after %s: %v", what, err)
		}
		asked, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		w.server.Fail(fails)
		code := w.server.Grant(anna, asked.Query())
		if _, err := offices.FinishAt(t.Context(), a, provider.Secret, e, code, w.server.Issuer); !fault.Is(err, x.want) {
			t.Errorf("%s, for who comes back: %v; want %s", what, err, x.want)
		}
		w.server.Fail(nil)
		said, err := offices.FinishAt(t.Context(), a, provider.Secret, e, code, w.server.Issuer)
		if err != nil || said.Subject != anna.Subject {
			t.Errorf("after %s, for who comes back: %+v, %v", what, said, err)
		}
	}
}

// TestSenderO3AgainstMockoidc is the same flow against a provider that was not written here, over the network.
func TestSenderO3AgainstMockoidc(t *testing.T) {
	t.Parallel()
	m, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown() })
	walk(t, m.Issuer(), m.ClientID, m.ClientSecret, func(to string) string {
		m.QueueUser(&mockoidc.MockUser{Subject: "9", Email: "anna@acme.example", EmailVerified: true})
		return follow(t, to)
	})
	// Its keys change: mockoidc has one at a time.
	pair, err := mockoidc.RandomKeypair(2048)
	if err != nil {
		t.Fatal(err)
	}
	m.Keypair = pair
	walk(t, m.Issuer(), m.ClientID, m.ClientSecret, func(to string) string {
		m.QueueUser(&mockoidc.MockUser{Subject: "9", Email: "anna@acme.example", EmailVerified: true})
		return follow(t, to)
	})
}

// TestSenderO3AgainstZitadel is the same against zitadel/oidc's server, which signs in by a form and tells addresses apart.
func TestSenderO3AgainstZitadel(t *testing.T) {
	t.Parallel()
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	issuer := "http://" + on.Addr().String()
	clients := map[string]*storage.Client{"web": storage.WebClient("web", "a secret", redirect)}
	server := &http.Server{ReadHeaderTimeout: time.Minute, //nolint:exhaustruct // a test's
		Handler: exampleop.SetupServer(issuer, storage.NewStorageWithClients(people{}, clients), nil, false)}
	go func() { _ = server.Serve(on) }()
	t.Cleanup(func() { _ = server.Close() })
	walk(t, issuer, "web", "a secret", func(to string) string {
		at := follow(t, to) // to the form
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		back := send(t, issuer+"/login/username",
			url.Values{"username": {"anna"}, "password": {"p"}, "id": {u.Query().Get("authRequestID")}})
		return follow(t, within(issuer, back))
	})
}

// people are the accounts at zitadel's server.
type people struct{}

func (people) GetUserByID(string) *storage.User {
	return &storage.User{ID: "9", Username: "anna", Password: "p", Email: "anna@acme.example", EmailVerified: true}
}
func (p people) GetUserByUsername(string) *storage.User { return p.GetUserByID("") }
func (people) ExampleClientID() string                  { return "service" }

func within(origin, path string) string {
	if strings.HasPrefix(path, "/") {
		return origin + path
	}
	return path
}

// send sends a form, and returns where it leads.
func send(t *testing.T, to string, form url.Values) string {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(to, form)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.Header.Get("Location")
}

// follow goes where a browser would, and returns where it is led back to.
func follow(t *testing.T, to string) string {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.Header.Get("Location")
}

// walk signs in at a real provider on loopback.
func walk(t *testing.T, issuer, id, secret string, browse func(to string) string) {
	t.Helper()
	u, err := url.Parse(issuer)
	if err != nil {
		t.Fatal(err)
	}
	policy := egress.Strict().Allowing(netip.MustParseAddrPort(u.Host))
	var cause []any
	which := identity.OpenIDProvider{ID: identity.OwnIssuer, Name: "Real"}
	asks := oidc.Open([]oidc.Settings{{Provider: which, Issuer: issuer, ClientID: id, Secret: secret, Redirect: redirect}}, policy,
		policy.Transport(), time.Now, func(_ context.Context, pairs ...any) { cause = pairs })
	e := identity.NewErrand(identity.OwnIssuer, "", "", time.Now())
	to, err := asks.Begin(t.Context(), e)
	if err != nil {
		t.Fatal(err, cause)
	}
	back, err := url.Parse(browse(to))
	if err != nil {
		t.Fatal(err)
	}
	if q := back.Query(); q.Get("state") != e.State || !strings.HasPrefix(back.String(), redirect) {
		t.Fatalf("it leads back to %s", back)
	}
	a, err := asks.Finish(t.Context(), e, back.Query().Get("code"), back.Query().Get("iss"))
	if err != nil || a.Subject != "9" || a.Issuer != issuer || a.Email != "anna@acme.example" || !a.Verified {
		t.Fatalf("%+v, %v, %v", a, err, cause)
	}
	if _, err := asks.Finish(t.Context(), e, back.Query().Get("code"), back.Query().Get("iss")); !fault.Is(err, fault.Malformed) {
		t.Errorf("the same code again: %v", err)
	}
}
