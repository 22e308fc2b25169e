// Package cookie is the browser's half of a session: one cookie that holds its secret, and one that remembers a choice.
package cookie

import (
	"net/http"
	"strings"
	"time"

	"github.com/mileusna/useragent"

	"latchkey.dev/shared/domain/identity"
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

// choice is the cookie of the portal that a client of several agencies was at last: an agency's id, no secret.
const choice = "__Host-portal"

// Choice is the agency whose portal was shown last in this browser; "" when none was.
func Choice(r *http.Request) string {
	c, err := r.Cookie(choice)
	if err != nil {
		return ""
	}
	return c.Value
}

// Choose is the cookie that remembers the agency whose portal is shown, for a year.
func Choose(agency string) *http.Cookie {
	return &http.Cookie{Name: choice, Value: agency, Path: "/", MaxAge: 365 * 24 * 3600, Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode}
}

// language is the cookie of the language that was chosen in this browser: its tag, no secret.
const language = "__Host-language"

// Language is the tag of the language that was chosen in this browser; "" when none was.
func Language(r *http.Request) string {
	c, err := r.Cookie(language)
	if err != nil {
		return ""
	}
	return c.Value
}

// Speak is the cookie that remembers the language, for a year.
func Speak(tag string) *http.Cookie {
	return &http.Cookie{Name: language, Value: tag, Path: "/", MaxAge: 365 * 24 * 3600, Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode}
}

// flow and known are the cookies of what a browser shows when it signs in.
const (
	flow  = "__Host-flow"
	known = "__Host-known"
)

// flowFor is how long a browser keeps the flow of a code: until nobody can mean the code any more.
const flowFor = time.Hour

// Browser is what the browser shows of itself: the flow of the code that it asked for, and who has signed in with it.
func Browser(r *http.Request) (b identity.Browser) {
	if c, err := r.Cookie(flow); err == nil {
		b.Flow = c.Value
	}
	if c, err := r.Cookie(known); err == nil {
		b.Known = c.Value
	}
	if c, err := r.Cookie(ceremony); err == nil && len(c.Value) <= longestCeremony {
		b.Ceremony = c.Value
	}
	b.Device = device(r.UserAgent())
	return b
}

// longestAgent is how much of what a browser tells of itself is looked at, in bytes.
const longestAgent = 512

// device is a browser and its system in words, such as "Firefox, Windows"; "" for what tells nothing that is known.
func device(agent string) string {
	ua := useragent.Parse(agent[:min(len(agent), longestAgent)])
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, strings.Trim(ua.Name+", "+ua.OS, ", "))
	return name[:min(len(name), identity.MaxDevice)]
}

// ceremony is the cookie of a browser in which a passkey was asked for: a random text, to which the challenges are bound.
const (
	ceremony        = "__Host-ceremony"
	longestCeremony = 64 // bytes; ours are shorter
)

// Ceremony is the cookie that binds challenges for passkeys to a browser. It ends with the browser.
func Ceremony(value string) *http.Cookie {
	return &http.Cookie{Name: ceremony, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// Flow is the cookie of a code that was asked for.
func Flow(sealed string) *http.Cookie { return kept(flow, sealed, flowFor) }

// Known is the cookie of a browser with which somebody has signed in.
func Known(sealed string) *http.Cookie { return kept(known, sealed, identity.KnownFor) }

func kept(name, value string, lifetime time.Duration) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(lifetime / time.Second), Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode}
}

// errand is the cookie of a browser that is on its way to a provider and back.
const errand = "__Host-errand"

// Errand is the errand of the browser, sealed; "" when it is on none.
func Errand(r *http.Request) string {
	c, err := r.Cookie(errand)
	if err != nil {
		return ""
	}
	return c.Value
}

// SetErrand is the cookie of an errand. An empty one removes the cookie.
func SetErrand(sealed string) *http.Cookie {
	c := kept(errand, sealed, identity.ErrandFor)
	if sealed == "" {
		c.MaxAge = -1
	}
	return c
}

// visitor is the cookie of a browser in which nobody is signed in: a random text, by which its forms are known as our own.
const visitor = "__Host-visitor"

// Visitor is the visitor's cookie in the request; "" when there is none.
func Visitor(r *http.Request) string {
	c, err := r.Cookie(visitor)
	if err != nil {
		return ""
	}
	return c.Value
}

// Visit is the visitor's cookie. It ends with the browser.
func Visit(value string) *http.Cookie {
	return &http.Cookie{Name: visitor, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// New is the cookie for a session's secret: only over TLS (which browsers take localhost for), out of reach of scripts,
// and sent along only from our own pages and plain links. An empty secret removes the cookie.
func New(secret string, lifetime time.Duration) *http.Cookie {
	c := &http.Cookie{Name: Name, Value: secret, Path: "/", MaxAge: int(lifetime / time.Second), Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}
