package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/view/page"
)

// guard takes changes from our own pages only. Go's rule decides wherever the browser says where a form comes from. One that
// is too old for Sec-Fetch-Site, and hides the origin because the page's address holds a token, says nothing: there the
// token decides that every form of ours carries.
type guard struct{ *http.CrossOriginProtection }

// newGuard is the guard of an origin, which environment.Origin has checked; without one only the request's own host counts.
func newGuard(origin string) *guard {
	g := &guard{http.NewCrossOriginProtection()}
	if origin != "" {
		if err := g.AddTrustedOrigin(origin); err != nil {
			panic(err) // environment.Origin has checked it
		}
	}
	return g
}

// read has the form parsed when it is from one of our own pages. Faults: those of parse, and [fault.CrossOrigin].
func (g *guard) read(r *http.Request, parse func() error) error {
	elsewhere := fault.New(fault.CrossOrigin, "errors.to_protect_you_we_take_changes")
	refused := g.Check(r)
	if refused != nil && (r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != "null") {
		return elsewhere
	}
	if err := parse(); err != nil {
		return err
	}
	if refused != nil && !tokenFits(r) {
		return elsewhere
	}
	return nil
}

// formToken is what the page's forms carry, so that they are known as ours. It is made of a secret that the browser sends with
// each of our forms and that no other site can read or set: the session's, or for somebody who is not signed in a cookie of
// its own, both with the prefix __Host- (OWASP, "Cross-Site Request Forgery Prevention": signed double submit). A page that
// meets a browser without either sets the cookie.
func formToken(w http.ResponseWriter, r *http.Request) string {
	key := cookie.Of(r)
	if key == "" {
		key = cookie.Visitor(r)
	}
	if key == "" {
		key = rand.Text()
		http.SetCookie(w, cookie.Visit(key))
	}
	return tokenOf(key)
}

func tokenOf(key string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte("latchkey form"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:24])
}

// tokenFits tells whether the form carries the token of the browser that sends it.
func tokenFits(r *http.Request) bool {
	sent := []byte(r.PostForm.Get(page.TokenField))
	for _, key := range []string{cookie.Of(r), cookie.Visitor(r)} {
		if key != "" && hmac.Equal(sent, []byte(tokenOf(key))) {
			return true
		}
	}
	return false
}

// bare answers with a page that needs no templates, for functions which have no room for them.
func bare(w http.ResponseWriter, r *http.Request, f *fault.Error) {
	l := words.In(r.Context())
	event.Annotate(r.Context(), "code", string(f.Code))
	retryAfter(w, f)
	page.Bare(w, l, f.Code.Status(), title(l, f.Code), f.In(l).Message)
}
