// Package oidc asks OpenID providers who somebody is, by the authorization code flow (OpenID Connect Core 1.0, section 3.1). It relies
// on what a provider says once it has checked who has signed it, for whom, when, and in answer to which question.
package oidc

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/signin"
)

// The issuers that are known by name.
const (
	GoogleIssuer    = "https://accounts.google.com"
	MicrosoftIssuer = "https://login.microsoftonline.com/common/v2.0"
)

// Of Microsoft: one discovery document is for the accounts of all organisations, and says a template in the place of the issuer.
const (
	tenantIssuer = "https://login.microsoftonline.com/{tenantid}/v2.0"
	tenantMark   = "{tenantid}"
)

// Bounds of what a provider answers.
const (
	patience  = 5 * time.Second  // for one answer
	together  = 12 * time.Second // for all that one person waits for
	mostBytes = 256 << 10
	fresh     = time.Hour   // how long a discovery document is relied on
	anew      = time.Minute // how long an old one does once no new one could be had
	keysApart = time.Minute // between two looks at a provider's keys
	leeway    = time.Minute // by which clocks may differ
)

// selectAccount has a provider ask which of several accounts it is.
const selectAccount = "select_account"

// algorithms are those by which a provider may sign: never none, and none with a key that both sides have.
var algorithms = []string{oidc.RS256, oidc.ES256, oidc.PS256, oidc.EdDSA}

// Settings are what the operator has set up at a provider.
type Settings struct {
	Provider identity.OpenIDProvider
	Issuer   string // where discovery begins; for all but Microsoft what the provider calls itself, to the byte
	ClientID string
	Secret   string
	Redirect string   // where the provider leads back to
	Domains  []string // for whose addresses the provider's word is enough
}

// Providers asks the providers that are set up.
type Providers struct {
	// Policy judges where the endpoints of a provider may be.
	Policy egress.Policy
	Now    func() time.Time
	// Note is told why somebody was not signed in, for the log.
	Note func(ctx context.Context, pairs ...any)

	all map[identity.ProviderID]*client
}

var _ signin.Provider = (*Providers)(nil)

// Open makes Providers, which reach the network by the transport.
func Open(all []Settings, policy egress.Policy, by http.RoundTripper, now func() time.Time,
	note func(ctx context.Context, pairs ...any)) *Providers {
	p := &Providers{Policy: policy, Now: now, Note: note, all: map[identity.ProviderID]*client{}}
	for _, s := range all {
		p.all[s.Provider.ID] = newClient(s, policy, by, now)
	}
	return p
}

func newClient(s Settings, policy egress.Policy, by http.RoundTripper, now func() time.Time) *client {
	c := &client{Settings: s, policy: policy, now: now}
	c.http = &http.Client{Timeout: patience, Transport: &bounded{by: by, client: c},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c
}

// client is what is known of one provider.
type client struct {
	Settings

	policy egress.Policy
	now    func() time.Time
	http   *http.Client

	mu    sync.Mutex
	found *discovered
	asked time.Time // when no new document could be had last
}

// discovered is a provider as its discovery document describes it.
type discovered struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    oauth2.Config
	keys     string // where they are
	issuer   string // as the document says it
	claims   bool   // whether single claims can be asked for
	says     bool   // whether it says in each answer of the browser who it is (RFC 9207)
	at       time.Time

	mu     sync.Mutex
	body   []byte // the keys as they were seen last
	header http.Header
	seen   time.Time
}

// Begin returns where the browser goes.
func (p *Providers) Begin(ctx context.Context, e *identity.Errand) (string, error) {
	c := p.all[e.Provider]
	if c == nil {
		return "", fault.New(fault.NotFound, "errors.there_is_no_such_provider")
	}
	return p.begin(ctx, c, e)
}

func (p *Providers) begin(ctx context.Context, c *client, e *identity.Errand) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, together)
	defer cancel()
	d, err := c.discover(ctx)
	if err != nil {
		return "", p.undiscovered(ctx, c, err)
	}
	asks := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(e.Verifier), oidc.Nonce(e.Nonce)}
	prompt := ""
	switch {
	case c.Issuer == GoogleIssuer: // which refuses "login", and says when somebody signed in only where asked for it
		prompt = selectAccount
	case e.Fresh:
		prompt = "login"
	case c.large(): // there a person may well have several accounts
		prompt = selectAccount
	}
	if prompt != "" {
		asks = append(asks, oauth2.SetAuthURLParam("prompt", prompt))
	}
	if e.Fresh { // and to say when that was (Core 1.0, sections 2, 3.1.2.1 and 5.5)
		asks = append(asks, oauth2.SetAuthURLParam("max_age", "0"))
		if d.claims {
			asks = append(asks, oauth2.SetAuthURLParam("claims", `{"id_token":{"auth_time":{"essential":true}}}`))
		}
	}
	return d.oauth.AuthCodeURL(e.State, asks...), nil
}

// Finish exchanges what the browser has brought back for what the provider says of the person.
func (p *Providers) Finish(ctx context.Context, e *identity.Errand, code, issuer string) (*identity.Assertion, error) {
	c := p.all[e.Provider]
	if c == nil {
		return nil, fault.New(fault.NotFound, "errors.there_is_no_such_provider")
	}
	return p.finish(ctx, c, e, code, issuer)
}

func (p *Providers) finish(ctx context.Context, c *client, e *identity.Errand, code, issuer string) (*identity.Assertion, error) {
	ctx, cancel := context.WithTimeout(ctx, together)
	defer cancel()
	d, err := c.discover(ctx)
	if err != nil {
		return nil, p.undiscovered(ctx, c, err)
	}
	if issuer != "" && !c.is(d, issuer) || issuer == "" && d.says {
		return nil, p.wrong(ctx, c, "answer_iss")
	}
	if code == "" {
		return nil, p.wrong(ctx, c, "no_code")
	}
	token, err := d.oauth.Exchange(oidc.ClientContext(ctx, c.http), code, oauth2.VerifierOption(e.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError:
		return nil, p.wrong(ctx, c, "token:"+short(refused.ErrorCode))
	case errors.As(err, &refused):
		return nil, p.dead(ctx, c, "token", errors.New(refused.Response.Status))
	case err != nil:
		return nil, p.dead(ctx, c, "token", err)
	}
	raw, _ := token.Extra("id_token").(string)
	said, err := d.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, p.wrong(ctx, c, short(err.Error()))
	}
	a, err := c.read(ctx, p, d, e, said, token.AccessToken, issuer)
	if err == nil && a.Email == "" && !c.large() && d.provider.UserInfoEndpoint() != "" {
		return c.inform(ctx, p, d, a, token)
	}
	return a, err
}

// inform asks for the address where the ID token has none, as providers do that go by the letter (Core 1.0, section 5.4): they tell it
// at an endpoint of its own. What is told of somebody else is not believed (section 5.3.2).
func (c *client) inform(ctx context.Context, p *Providers, d *discovered, a *identity.Assertion, token *oauth2.Token,
) (*identity.Assertion, error) {
	told, err := d.provider.UserInfo(oidc.ClientContext(ctx, c.http), oauth2.StaticTokenSource(token))
	if err != nil {
		p.Note(ctx, "provider", string(c.Provider.ID), "cause", "userinfo:"+short(err.Error()))
		return a, nil //nolint:nilerr // it has told no address
	}
	if told.Subject != a.Subject {
		return nil, p.wrong(ctx, c, "userinfo_sub")
	}
	a.Email, a.Verified = told.Email, told.EmailVerified
	return a, nil
}

// claims are what is read of an ID token besides what go-oidc reads.
type claims struct {
	Party    string          `json:"azp"`
	Email    json.RawMessage `json:"email"`
	Verified json.RawMessage `json:"email_verified"`
	Hosted   string          `json:"hd"`
	Tenant   string          `json:"tid"`
	Object   string          `json:"oid"`
	Edov     json.RawMessage `json:"xms_edov"`
	AuthTime json.Number     `json:"auth_time"`
}

// read checks what go-oidc leaves to its callers: the nonce, who may use the token, when it was made, the access token's hash, and of
// Microsoft who has issued it.
func (c *client) read(ctx context.Context, p *Providers, d *discovered, e *identity.Errand, said *oidc.IDToken, access, issuer string,
) (*identity.Assertion, error) {
	var x claims
	if err := said.Claims(&x); err != nil {
		return nil, p.wrong(ctx, c, "claims")
	}
	now := c.now()
	switch {
	case said.Nonce == "" || said.Nonce != e.Nonce:
		return nil, p.wrong(ctx, c, "nonce")
	case x.Party != "" && x.Party != c.ClientID, x.Party == "" && len(said.Audience) > 1:
		return nil, p.wrong(ctx, c, "azp")
	case said.IssuedAt.IsZero() || said.IssuedAt.After(now.Add(leeway)):
		return nil, p.wrong(ctx, c, "iat")
	case said.AccessTokenHash != "" && said.VerifyAccessToken(access) != nil:
		return nil, p.wrong(ctx, c, "at_hash")
	case said.Subject == "" || len(said.Subject) > identity.MaxSubject || len(said.Issuer) > identity.MaxIssuer:
		return nil, p.wrong(ctx, c, "sub")
	}
	by := said.Issuer
	switch {
	case c.Issuer == GoogleIssuer: // which may leave the scheme out; it is kept in one form
		by = c.Issuer
	case c.Provider.ID == identity.Microsoft:
		if !tenant(x.Tenant) || said.Issuer != strings.Replace(d.issuer, tenantMark, x.Tenant, 1) {
			return nil, p.wrong(ctx, c, "tid")
		}
	}
	if issuer != "" && c.Provider.ID == identity.Microsoft && issuer != by {
		return nil, p.wrong(ctx, c, "answer_iss")
	}
	a := &identity.Assertion{Provider: c.Provider, Issuer: by, Subject: said.Subject, Verified: yes(x.Verified), Hosted: x.Hosted,
		Edov: yes(x.Edov), Domains: c.Domains}
	if len(x.Object) <= identity.MaxSubject {
		a.Object = x.Object
	}
	if json.Unmarshal(x.Email, &a.Email) != nil {
		a.Email = "" // one that is no text is none
	}
	if n, err := x.AuthTime.Int64(); err == nil && n > 0 {
		a.AuthTime = time.Unix(n, 0)
	}
	return a, nil
}

// large tells whether it is one of those at which everybody may have accounts.
func (c *client) large() bool {
	return c.Provider.ID == identity.Google || c.Provider.ID == identity.Microsoft
}

// is tells whether the issuer that came beside the code is the provider; of Microsoft it is compared with the token's, later.
func (c *client) is(d *discovered, issuer string) bool {
	return issuer == d.issuer || c.Provider.ID == identity.Microsoft && strings.Contains(d.issuer, tenantMark)
}

// yes reads what providers write for true: the word, as JSON or as text, or the number one.
func yes(v json.RawMessage) bool {
	return slices.Contains([]string{"true", `"true"`, "1", `"1"`}, strings.ToLower(string(v)))
}

// tenant tells whether a tid is a UUID in its usual form, so that nothing else gets into an issuer.
func tenant(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (r == '-') ||
			!dash && !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return false
		}
	}
	return true
}

// discover reads the provider's discovery document, unless that was done lately. One that cannot be read does not replace one that
// could, and whoever comes within a minute does not wait for another try.
func (c *client) discover(ctx context.Context) (*discovered, error) {
	c.mu.Lock()
	found, asked := c.found, c.asked
	c.mu.Unlock()
	if found != nil && (c.now().Sub(found.at) < fresh || c.now().Sub(asked) < anew) {
		return found, nil
	}
	d, err := c.ask(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if found == nil {
			return nil, err
		}
		c.asked = c.now()
		return found, nil //nolint:nilerr // the old one may still do
	}
	c.found = d
	return d, nil
}

func (c *client) ask(ctx context.Context) (*discovered, error) {
	ctx = oidc.ClientContext(ctx, c.http)
	if c.Provider.ID == identity.Microsoft { // says a template, see tenantIssuer; read holds tokens to it
		ctx = oidc.InsecureIssuerURLContext(ctx, tenantIssuer)
	}
	provider, err := oidc.NewProvider(ctx, c.Issuer)
	if err != nil {
		return nil, err
	}
	var said struct {
		Issuer  string   `json:"issuer"`
		Keys    string   `json:"jwks_uri"`
		Says    bool     `json:"authorization_response_iss_parameter_supported"`
		Claims  bool     `json:"claims_parameter_supported"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&said); err != nil {
		return nil, err
	}
	if c.Provider.ID == identity.Microsoft && !microsoft(c.Issuer, said.Issuer) {
		return nil, errors.New("the issuer is none of Microsoft's")
	}
	for _, at := range []string{provider.Endpoint().AuthURL, provider.Endpoint().TokenURL, said.Keys} {
		u, err := url.Parse(at)
		if err != nil || u.User != nil {
			return nil, errors.New("an endpoint is no URL, or has a password in it")
		}
		if err := c.policy.JudgeURL(u); err != nil {
			return nil, err
		}
	}
	d := &discovered{provider: provider, issuer: said.Issuer, says: said.Says, claims: said.Claims, keys: said.Keys, at: c.now()}
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // what is meant where nothing is said (Discovery 1.0, section 3)
	if slices.Contains(said.Methods, "client_secret_post") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	d.oauth = oauth2.Config{ClientID: c.ClientID, ClientSecret: c.Secret, Endpoint: endpoint, RedirectURL: c.Redirect,
		Scopes: []string{oidc.ScopeOpenID, oidc.ScopeEmail}}
	d.verifier = provider.VerifierContext(ctx, &oidc.Config{ClientID: c.ClientID, SupportedSigningAlgs: algorithms,
		SkipIssuerCheck: c.Provider.ID == identity.Microsoft,
		Now:             func() time.Time { return c.now().Add(-leeway) }})
	return d, nil
}

// microsoft tells whether an issuer is what a discovery address of Microsoft's promises: the template or one organisation's, and for one
// organisation's address that one.
func microsoft(asked, said string) bool {
	of, who, ok := cutLast(strings.TrimSuffix(asked, "/v2.0"))
	mine, issuer, is := cutLast(strings.TrimSuffix(said, "/v2.0"))
	switch {
	case !ok || !is || of != mine || !strings.HasSuffix(said, "/v2.0"):
		return false
	case tenant(who):
		return issuer == who
	}
	return issuer == tenantMark || tenant(issuer)
}

func cutLast(s string) (before, last string, ok bool) {
	n := strings.LastIndexByte(s, '/')
	if n < 0 {
		return "", "", false
	}
	return s[:n], s[n+1:], true
}

// undiscovered notes that a provider could not be found out about. Of one that an agency has set up its people can tell whether there is
// none there, since they are the ones who can mend it: what does answer, and is no provider as it was set up, will not be one later.
func (p *Providers) undiscovered(ctx context.Context, c *client, err error) error {
	var down *url.Error // nothing has answered, or not in time
	status, _, _ := strings.Cut(err.Error(), " ")
	busy := len(status) == 3 && (status[0] == '5' || status == "429") // go-oidc begins with the status that it got
	if c.Provider.ID.Agency() == "" || busy || errors.As(err, &down) && !errors.Is(err, errTooLarge) {
		return p.dead(ctx, c, "discovery", err)
	}
	return p.wrong(ctx, c, "discovery:"+err.Error())
}

// dead notes what did not answer.
func (p *Providers) dead(ctx context.Context, c *client, what string, err error) error {
	p.Note(ctx, "provider", string(c.Provider.ID), "cause", what+": "+short(err.Error()))
	return fault.New(fault.Unavailable, "errors.provider_unavailable", "provider", c.Provider.Name)
}

// wrong notes what cannot be relied on.
func (p *Providers) wrong(ctx context.Context, c *client, what string) error {
	p.Note(ctx, "provider", string(c.Provider.ID), "cause", short(what))
	return fault.New(fault.Malformed, "errors.provider_refused", "provider", c.Provider.Name)
}

// short is what the log gets of a sentence of somebody else's: no more than says what is wrong.
func short(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, s)
	return cmp.Or(s[:min(len(s), 160)], "unknown")
}
