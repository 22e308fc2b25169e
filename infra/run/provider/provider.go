// Package provider stands in for those by whose accounts people sign in: an OpenID provider of one process, whose accounts are whatever
// somebody types. Tests have it say what no provider should.
package provider

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Client is whom the stand-in knows, and its secret.
const (
	ClientID = "latchkey"
	Secret   = "the provider and the product are one process" //nolint:gosec // a stand-in's
)

// Account is who signs in.
type Account struct {
	Subject  string
	Email    string
	Verified bool
	At       time.Time // when it proved to be who it is; zero for now
	Untold   bool      // whether the provider keeps to itself when that was
}

// Server is one provider.
type Server struct {
	// Issuer is what it calls itself, and where it is unless At says otherwise.
	Issuer string
	// At is where its endpoints are.
	At string
	// Front is where people are asked who they are, where no browser reaches At; "" for there.
	Front string
	// Name is what its page is called; "" for the local provider.
	Name string
	Now  func() time.Time

	mu    sync.Mutex
	key   *jose.JSONWebKey
	keys  []jose.JSONWebKey // those that it publishes
	codes map[string]granted
	claim func(claims map[string]any)
	sign  func(s *Server, claims []byte) string
	fault func(w http.ResponseWriter, r *http.Request) bool
	thin  bool               // it tells addresses at its own endpoint alone
	last  map[string]Account // by access token
	asked map[string]int
}

// granted is a code that is out.
type granted struct {
	account   Account
	nonce     string
	challenge string
	redirect  string
	at        time.Time // zero for a provider that does not say
}

// Claim has f change what is said of people from now on; nil for nothing.
func (s *Server) Claim(f func(claims map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claim = f
}

// Sign has f sign in the place of the provider's key; nil for that.
func (s *Server) Sign(f func(s *Server, claims []byte) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sign = f
}

// Fail has f answer in the place of the provider wherever it returns true; nil for nowhere.
func (s *Server) Fail(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Thin has it tell addresses at an endpoint of its own alone, as providers do that go by the letter (OpenID Connect Core 1.0, section
// 5.4).
func (s *Server) Thin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.thin, s.last = true, map[string]Account{}
}

// Asked is how often a path below the issuer was asked for.
func (s *Server) Asked(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

// Rotate signs with a new key from now on. Without keep the old ones are published no more.
func (s *Server) Rotate(keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rotate(keep)
}

func (s *Server) rotate(keep bool) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	s.key = &jose.JSONWebKey{Key: private, KeyID: rand.Text()[:8], Algorithm: string(jose.ES256), Use: "sig"}
	if !keep {
		s.keys = nil
	}
	s.keys = append(s.keys, s.key.Public())
}

// ServeHTTP serves what is below the issuer: the paths that are left when it is cut off.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.key == nil {
		s.rotate(false)
	}
	if s.asked == nil {
		s.asked, s.codes = map[string]int{}, map[string]granted{}
	}
	s.asked[r.URL.Path]++
	fault := s.fault
	s.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	at := s.At
	if at == "" {
		at = s.Issuer
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		answer(w, http.StatusOK, map[string]any{"issuer": s.Issuer, "authorization_endpoint": cmp.Or(s.Front, at) + "/authorize",
			"token_endpoint": at + "/token", "userinfo_endpoint": at + "/userinfo",
			"jwks_uri": at + "/keys", "response_types_supported": []string{"code"},
			"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"},
			"token_endpoint_auth_methods_supported": []string{"client_secret_basic"}, "code_challenge_methods_supported": []string{"S256"},
			"authorization_response_iss_parameter_supported": true, "claims_parameter_supported": true})
	case "/keys":
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: s.keys})
	case "/authorize":
		s.authorize(w, r)
	case "/token":
		s.token(w, r)
	case "/userinfo":
		s.info(w, r)
	default:
		http.NotFound(w, r)
	}
}

// authorize asks who signs in, and leads back.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case err != nil || back.Host == "" || q.Get("client_id") != ClientID || q.Get("response_type") != "code" ||
		q.Get("code_challenge_method") != "S256":
		http.Error(w, "The stand-in was not asked as it has to be.", http.StatusBadRequest)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = chooser.Execute(w, map[string]any{"Email": q.Get("login_hint"), "Again": again(q),
			"Name": cmp.Or(s.Name, "Local provider")}) //nolint:errcheck // the caller has gone
		return
	}
	out := url.Values{"state": {q.Get("state")}, "iss": {s.Issuer}}
	if r.FormValue("do") == "cancel" {
		out.Set("error", "access_denied")
	} else {
		email := strings.TrimSpace(r.FormValue("email"))
		subject := r.FormValue("sub")
		if subject == "" {
			sum := sha256.Sum256([]byte(strings.ToLower(email)))
			subject = base64.RawURLEncoding.EncodeToString(sum[:12])
		}
		a := Account{Subject: subject, Email: email, Verified: r.FormValue("verified") != "", Untold: r.FormValue("told") == ""}
		if ago, err := strconv.Atoi(r.FormValue("ago")); err == nil && (!again(q) || r.FormValue("lax") != "") {
			a.At = s.Now().Add(-time.Duration(ago) * time.Minute)
		}
		out.Set("code", s.Grant(a, q))
	}
	http.Redirect(w, r, back.String()+"?"+out.Encode(), http.StatusSeeOther)
}

// again tells whether the person is to prove once more to be who it is (OpenID Connect Core 1.0, section 3.1.2.1).
func again(asked url.Values) bool {
	return slices.Contains(strings.Fields(asked.Get("prompt")), "login") || asked.Get("max_age") == "0"
}

// Grant makes a code for the account, as an answer to a request for one.
func (s *Server) Grant(a Account, asked url.Values) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.codes == nil {
		s.asked, s.codes = map[string]int{}, map[string]granted{}
	}
	code := rand.Text()
	at := a.At
	if at.IsZero() {
		at = s.Now()
	}
	if a.Untold {
		at = time.Time{}
	}
	s.codes[code] = granted{a, asked.Get("nonce"), asked.Get("code_challenge"), asked.Get("redirect_uri"), at}
	return code
}

// token exchanges a code, once.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	} else {
		id, secret = unescaped(id), unescaped(secret)
	}
	if id != ClientID || secret != Secret {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	code := r.FormValue("code")
	g, ok := s.codes[code]
	delete(s.codes, code)
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge || r.FormValue("redirect_uri") != g.redirect {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	now := s.Now()
	claims := map[string]any{"iss": s.Issuer, "sub": g.account.Subject, "aud": ClientID, "nonce": g.nonce,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	if !g.at.IsZero() {
		claims["auth_time"] = g.at.Unix()
	}
	access := rand.Text()
	if s.thin {
		s.last[access] = g.account
	} else if g.account.Email != "" {
		claims["email"], claims["email_verified"] = g.account.Email, g.account.Verified
	}
	if s.claim != nil {
		s.claim(claims)
		maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	}
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err) // a test's own
	}
	sign := s.sign
	if sign == nil {
		sign = (*Server).Signed
	}
	answer(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 3600,
		"id_token": sign(s, body)})
}

// info tells of whoever has the access token.
func (s *Server) info(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.last[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	claims := map[string]any{"sub": a.Subject, "email": a.Email, "email_verified": a.Verified}
	if s.claim != nil {
		s.claim(claims)
	}
	answer(w, http.StatusOK, claims)
}

// Signed is what the provider's key signs.
func (s *Server) Signed(claims []byte) string {
	return By(jose.SigningKey{Algorithm: jose.ES256, Key: s.key}, claims)
}

// By is what a key signs.
func By(key jose.SigningKey, claims []byte) string {
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		panic(err) // a stand-in's own key
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		panic(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return out
}

func unescaped(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(b) //nolint:errcheck,gosec // the caller has gone
}

var chooser = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Name}}</title>
<link rel="stylesheet" href="/_local/style.css"></head><body><main><h1>{{.Name}}</h1>
<p>This stands in for Google, Microsoft and others. Sign in as whoever you like.{{if .Again}} You are asked to sign in again.{{end}}</p>
<form method="post">
<p><label>Email address<br><input id="email" name="email" type="email" value="{{.Email}}" autofocus></label></p>
<p><label><input type="checkbox" name="verified" value="1" checked> The provider has verified it</label></p>
<p><label>Account number, where it is to be another one than the address has<br><input name="sub" autocomplete="off"></label></p>
<p><label><input type="checkbox" name="told" value="1" checked> The provider says when you signed in there</label></p>
<p><label>Minutes ago<br><input name="ago" type="number" min="0" autocomplete="off"></label></p>
{{if .Again}}<p><label><input type="checkbox" name="lax" value="1"> It doesn't have you sign in again</label></p>{{end}}
<p><button name="do" value="sign-in">Continue</button> <button name="do" value="cancel">Cancel</button></p>
</form></main></body></html>
`))
