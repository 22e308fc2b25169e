package web

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/signin"
)

// TestThePageThatAsksForACodeGoesOnCounting: the address tells when the code was sent, so that a reload shows what is left of
// the wait for another one.
func TestThePageThatAsksForACodeGoesOnCounting(t *testing.T) {
	t.Parallel()
	at := codePath("/sign-in", "ops@acme.example", "", now, url.Values{"next": {"/upgrade"}, "name": {""}})
	if strings.Contains(at, "name=") || strings.Contains(at, "again=") {
		t.Errorf("the address %s has what is empty", at)
	}
	for later, wait := range map[time.Duration]string{0: "20", time.Millisecond: "20", 5 * time.Second: "15", 19 * time.Second: "1",
		20 * time.Second: "", time.Hour: "", -time.Hour: "20"} {
		s := New("Latchkey", "https://portal.example", func() time.Time { return now.Add(later) })
		body := do(SignInPage(s, &signin.Authenticator{}, &signin.Codes{}, &signin.SignIns{}, nil, nil), "GET", at, nil).Body.String()
		if !strings.Contains(body, "<b>ops@acme.example</b>") || !strings.Contains(body, `name="next" value="/upgrade"`) {
			t.Errorf("%v later: %s", later, body)
		}
		if wait == "" && strings.Contains(body, `data-wait="`) || !strings.Contains(body, `data-wait="`+wait) && wait != "" {
			t.Errorf("%v later there are not %q seconds to wait", later, wait)
		}
	}
}

// TestAnAddressThatTellsOfNoCodeIsNotBelieved: what was not made by asking for a code says of none that it is on its way.
func TestAnAddressThatTellsOfNoCodeIsNotBelieved(t *testing.T) {
	t.Parallel()
	sent := strconv.FormatInt(now.Unix(), 10)
	for _, at := range []string{"/sign-in?step=code", "/sign-in?step=code&email=ops@acme.example", "/sign-in?step=code&email=ops@acme.example&sent=x",
		"/sign-in?step=code&email=%3Cb%3E&sent=" + sent, "/sign-in?email=ops@acme.example&sent=" + sent} {
		w := do(SignInPage(site(), &signin.Authenticator{}, &signin.Codes{}, &signin.SignIns{}, nil, nil), "GET", at, nil)
		if w.Code != 200 || strings.Contains(w.Body.String(), "on its way to") {
			t.Errorf("%s: %d %s", at, w.Code, w.Body)
		}
	}
}

func TestSigningUpKeepsWhatWasTypedInItsAddress(t *testing.T) {
	t.Parallel()
	at := codePath("/sign-up", "ops@acme.example", "1", now, url.Values{"name": {"Acme & Söhne"}})
	p := SignUpPage(site(), &signin.Authenticator{}, &signin.Codes{}, &signin.SignIns{}, &signin.SignUps{},
		&billing.Prices{Store: unsold{}})
	for range 2 {
		body := do(p, "GET", at, nil).Body.String()
		for _, want := range []string{"Check your email", "sent a new code.", "<b>ops@acme.example</b>",
			`name="name" value="Acme &amp; Söhne"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not show %s, but %s", at, want, body)
			}
		}
	}
	for _, refused := range []string{"/sign-up?step=code&sent=1&email=ops@acme.example&name=",
		"/sign-up?step=code&sent=1&email=x&name=Acme"} {
		if body := do(p, "GET", refused, nil).Body.String(); !strings.Contains(body, "Create your agency") ||
			strings.Contains(body, "Check your email") {
			t.Errorf("%s: %s", refused, body)
		}
	}
}

// unsold is a platform that sells nothing.
type unsold struct{}

func (unsold) Tariff(context.Context) (contract.Tariff, error) { return contract.Tariff{}, nil }
