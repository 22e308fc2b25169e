// Package cookie is the browser's half of a session: one cookie that holds its secret.
package cookie

import (
	"net/http"
	"time"
)

// Name is the cookie's. The prefix makes browsers hold it to this host, to TLS and to the path / (RFC 6265bis, "The
// __Host- Prefix").
const Name = "__Host-session"

// Of is the session's secret in the request; "" when there is none.
func Of(r *http.Request) string {
	c, err := r.Cookie(Name)
	if err != nil {
		return ""
	}
	return c.Value
}

// New is the cookie for a session's secret: only over TLS (which browsers take localhost for), out of reach of scripts,
// and sent along only from our own pages and plain links. An empty secret removes the cookie.
func New(secret string, lifetime time.Duration) *http.Cookie {
	c := &http.Cookie{Name: Name, Value: secret, Path: "/", MaxAge: int(lifetime / time.Second), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}
