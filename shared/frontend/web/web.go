// Package web is the browser's side of the product: one function for a page and its forms, which finds out who is looking,
// calls one use case and shows the outcome as a page. It decides nothing. All pages work by links and forms; the
// script on some of them is a client of the HTTP API.
package web

import (
	"context"
	"net"
	"net/http"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// Site is what every page has in common.
type Site struct {
	pages *page.Site
	brand page.Brand // the platform's
	at    string     // the origin
	guard *guard
	now   func() time.Time
}

// New is the site of a platform at an origin, which environment.Origin has checked. Pages that take no forms may
// have an empty origin; those that tell no times may have no clock.
func New(platform, origin string, now func() time.Time) *Site {
	s := &Site{pages: page.New(platform), brand: page.Brand{Name: platform, Own: true}, at: origin, guard: newGuard(origin), now: now}
	return s
}

// show answers with a page.
func (s *Site) show(w http.ResponseWriter, r *http.Request, status int, v page.View) error {
	return s.pages.Write(w, r, status, v, func() string { return formToken(w, r) })
}

// credentials are the session's only: a browser's page is not for API keys.
func credentials(r *http.Request) signin.Credentials {
	return signin.Credentials{Session: cookie.Of(r)}
}

// seeOther leads the browser to a page of ours with GET. Callers pass paths that they make themselves.
func seeOther(w http.ResponseWriter, path string) error {
	h := w.Header()
	page.SecurityHeaders(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// address is the caller's IP address, for limits on public routes.
func address(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// note puts a fault's code on the request's line in the log.
func note(ctx context.Context, f *fault.Error) { event.Annotate(ctx, "code", string(f.Code)) }
