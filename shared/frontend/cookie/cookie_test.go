package cookie_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/identity"
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

func TestADeviceIsNamedAsItsBrowserTellsAndNeverLongOrOdd(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"": "",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0":                                                        "Firefox, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1": "Safari, iOS",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                   "Chrome, macOS",
		"curl/8.5.0":                "curl",
		"\x1b[31m<b>\u202eevil/1.0": "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("User-Agent", agent)
		if got := cookie.Browser(r).Device; got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("User-Agent", strings.Repeat("Long", 4000)+"/1.0")
	if got := cookie.Browser(r).Device; len(got) > identity.MaxDevice {
		t.Errorf("%d bytes", len(got))
	}
}
