package oidc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/oidc"
	"latchkey.dev/shared/domain/identity"
)

// realm is what Keycloak begins with: us, and one person.
const realm = `{"realm": "house", "enabled": true, "sslRequired": "none",
"clients": [{"clientId": "latchkey", "secret": "a secret", "enabled": true, "protocol": "openid-connect", "standardFlowEnabled": true,
"publicClient": false, "redirectUris": [%q], "attributes": {"pkce.code.challenge.method": "S256"}}],
"users": [{"username": "anna", "firstName": "Anna", "lastName": "Doe", "email": "anna@acme.example", "emailVerified": true,
"enabled": true, "credentials": [{"type": "password", "value": "a password"}]}]}`

// TestSenderO3O8AgainstKeycloak signs in at a Keycloak, proves again, and goes on when its keys change. It is unpacked in the folder that
// KEYCLOAK names, and is on loopback only: make providers.
func TestSenderO3O8AgainstKeycloak(t *testing.T) {
	home := os.Getenv("KEYCLOAK")
	if home == "" {
		t.Skip("KEYCLOAK names no folder")
	}
	at := keycloak(t, home)
	issuer := at + "/realms/house"
	policy := egress.Strict().Allowing(netip.MustParseAddrPort(strings.TrimPrefix(at, "http://")))
	var cause []any
	var later atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	asks := oidc.Open([]oidc.Settings{{Provider: identity.OpenIDProvider{ID: identity.OwnIssuer, Name: "Keycloak"}, Issuer: issuer,
		ClientID: "latchkey", Secret: "a secret", Redirect: redirect, Domains: []string{"acme.example"}}}, policy, policy.Transport(), now,
		func(_ context.Context, pairs ...any) { cause = pairs })
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	passwords := 0
	// sign goes there and back: a form is filled in where one comes.
	sign := func(e *identity.Errand) *identity.Assertion {
		t.Helper()
		to, err := asks.Begin(t.Context(), e)
		if err != nil {
			t.Fatal(err, cause)
		}
		res, err := browser.Get(to)
		for n := 0; err == nil && n < 10; n++ {
			where := res.Header.Get("Location")
			page, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if strings.HasPrefix(where, redirect) {
				u, err := url.Parse(where)
				if err != nil {
					t.Fatal(err)
				}
				a, err := asks.Finish(t.Context(), e, u.Query().Get("code"), u.Query().Get("iss"))
				if err != nil {
					t.Fatal(err, cause, where)
				}
				return a
			}
			form := regexp.MustCompile(`action="([^"]+)"`).FindSubmatch(page)
			switch {
			case where != "":
				res, err = browser.Get(within(at, where))
			case form != nil:
				passwords++
				res, err = browser.PostForm(html.UnescapeString(string(form[1])),
					url.Values{"username": {"anna"}, "password": {"a password"}})
			default:
				t.Fatalf("%s: %.600s", res.Status, page)
			}
		}
		t.Fatal("it leads nowhere", err)
		return nil
	}
	first := sign(identity.NewErrand(identity.OwnIssuer, "", "", now()))
	if first.Issuer != issuer || first.Subject == "" || first.Email != "anna@acme.example" || !first.Vouches("anna@acme.example") {
		t.Errorf("it says %+v", first)
	}
	// Once more in the same browser: nobody is asked, and that is no step-up.
	e := identity.NewErrand(identity.OwnIssuer, "", "", now().Add(2*time.Minute))
	again := sign(identity.NewErrand(identity.OwnIssuer, "", "", now()))
	if again.Subject != first.Subject || passwords != 1 {
		t.Errorf("%d passwords were typed, and it says %+v", passwords, again)
	}
	if _, ok := again.Stepped(e, e.At); ok {
		t.Error("who has been signed in there for two minutes has just proved it")
	}
	// Where a step-up is asked for, the person is, and it says when that was.
	e = identity.NewErrand(identity.OwnIssuer, "", "", now())
	e.Fresh = true
	fresh := sign(e)
	if _, ok := fresh.Stepped(e, now()); !ok || passwords != 2 || fresh.Subject != first.Subject {
		t.Errorf("%d passwords were typed, and it says %+v", passwords, fresh)
	}
	// Its keys change: a minute later they are looked at again.
	rotate(t, at)
	later.Store(int64(61 * time.Second))
	if a := sign(identity.NewErrand(identity.OwnIssuer, "", "", now())); a.Subject != first.Subject {
		t.Errorf("with another key it says %+v", a)
	}
}

// keycloak starts one on loopback, and is its origin.
func keycloak(t *testing.T, home string) string {
	t.Helper()
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(on.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = on.Close()
	if err := os.MkdirAll(filepath.Join(home, "data", "import"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "data", "import", "house.json"), fmt.Appendf(nil, realm, redirect), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	run := exec.CommandContext(ctx, filepath.Join(home, "bin", "kc.sh"), "start-dev", //nolint:gosec // the folder that was named
		"--db=dev-mem", "--cache=local", "--http-host=127.0.0.1", "--http-port="+port, "--import-realm")
	run.Env = append(os.Environ(), "KC_BOOTSTRAP_ADMIN_USERNAME=admin", "KC_BOOTSTRAP_ADMIN_PASSWORD=admin", "JAVA_OPTS_KC_HEAP=-Xmx512m")
	run.Stdout, run.Stderr = os.Stderr, os.Stderr
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	if err := run.Start(); err != nil {
		stop()
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- run.Wait() }()
	t.Cleanup(func() {
		stop()
		<-gone
	})
	at := "http://127.0.0.1:" + port
	for {
		if res, err := http.Get(at + "/realms/house/.well-known/openid-configuration"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return at
			}
		}
		select {
		case err := <-gone:
			gone <- err
			t.Fatal("Keycloak has ended", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// rotate has the realm sign with a new key.
func rotate(t *testing.T, at string) {
	t.Helper()
	call := func(method, path, bearer, kind, body string, into any) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, at+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		if bearer != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close() //nolint:errcheck // read here
		if res.StatusCode/100 != 2 {
			t.Fatalf("%s %s: %s", method, path, res.Status)
		}
		if into != nil {
			if err := json.NewDecoder(res.Body).Decode(into); err != nil {
				t.Fatal(err)
			}
		}
	}
	var admin struct {
		Token string `json:"access_token"`
	}
	call(http.MethodPost, "/realms/master/protocol/openid-connect/token", "", "application/x-www-form-urlencoded",
		"grant_type=password&client_id=admin-cli&username=admin&password=admin", &admin)
	var house struct{ ID string }
	call(http.MethodGet, "/admin/realms/house", admin.Token, "application/json", "", &house)
	call(http.MethodPost, "/admin/realms/house/components", admin.Token, "application/json", `{"name": "another",
		"providerId": "rsa-generated", "providerType": "org.keycloak.keys.KeyProvider",
		"parentId": "`+house.ID+`", "config": {"priority": ["1000"], "enabled": ["true"],
		"active": ["true"], "algorithm": ["RS256"], "keySize": ["2048"]}}`, nil)
}
