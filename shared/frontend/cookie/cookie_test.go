package cookie_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"latchkey.dev/shared/frontend/cookie"
)

func TestTheCookieIsHeldToThisHostAndOutOfReachOfScripts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		secret   string
		lifetime time.Duration
		want     string
	}{
		{"lkn_abc", time.Hour, "__Host-session=lkn_abc; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax"},
		{"", time.Hour, "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"},
		{"", 0, "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"},
	} {
		if got := cookie.New(c.secret, c.lifetime).String(); got != c.want {
			t.Errorf("%q for %s:\n got %s\nwant %s", c.secret, c.lifetime, got, c.want)
		}
	}
}

func TestTheSecretIsReadFromItsOwnCookieAlone(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: "other"})
	if got := cookie.Of(r); got != "" {
		t.Errorf("got %q without the cookie", got)
	}
	r.AddCookie(cookie.New("lkn_abc", time.Hour))
	if got := cookie.Of(r); got != "lkn_abc" {
		t.Errorf("got %q", got)
	}
}
