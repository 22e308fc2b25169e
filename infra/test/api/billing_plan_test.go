package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	standin "latchkey.dev/infra/run/stripe"
)

// TestFM11ComingBackFromPayingForMaxWaitsOnAPageOfItsOwn, which moves by itself, has nothing to pay, and ends where clients
// are invited.
func TestFM11ComingBackFromPayingForMaxWaitsOnAPageOfItsOwn(t *testing.T) {
	p := start(t)
	s := p.signIn(soloOwner)
	nothing := func(a *answer) *answer {
		return a.is(200).hides("How would you like to pay?", "Continue to payment", "€", `name="interval"`)
	}

	// Nothing has been begun, so that there is nothing to wait for.
	s.get("/upgrade?paid=1").is(303).has("Location", "/upgrade")
	till := s.post("/upgrade/start", url.Values{"interval": {"year"}}).is(303).header.Get("Location")
	waits := nothing(s.get("/upgrade?paid=1")).shows("Confirming your payment", "Check again").hides("Invite your first client")
	waits.has("Refresh", "3;url=/upgrade?paid=1&n=1")
	nothing(s.get("/upgrade?paid=1&n=9")).shows("Your payment is safe").has("Refresh", "15;url=/upgrade?paid=1&n=10")
	for _, n := range []string{"-1", "many", strings.Repeat("9", 99)} {
		nothing(s.get("/upgrade?paid=1&n=" + n)).shows("Confirming your payment")
	}
	// It is paid, and nobody says so: the page has it asked after.
	p.webhooks(standin.Plan{Hold: true})
	p.pay(till, "pay")
	p.until("Max", func() bool { return strings.Contains(s.get("/upgrade?paid=1").text(), "You're on Max") })
	done := nothing(s.get("/upgrade?paid=1")).shows("Invite your first client").hides("Confirming")
	if !strings.Contains(string(done.body), `href="/clients?invite=new"`) {
		t.Error("it does not lead to inviting")
	}
	if refresh := done.header.Get("Refresh"); refresh != "" {
		t.Errorf("it goes on moving: %s", refresh)
	}
	p.nobody().do(http.MethodGet, "/upgrade?paid=1", nil).is(303)
	p.webhooks(standin.Plan{})
}
