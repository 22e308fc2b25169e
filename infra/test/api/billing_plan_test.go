package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
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

// onFree puts an agency back on Free, as when its plan has lapsed.
func (p *product) onFree(which string) {
	p.t.Helper()
	err := p.operator().SetPlan(p.t.Context(), id.Agency(which), agency.Free, p.byOperator(audit.PlanChanged, which))
	if err != nil {
		p.t.Fatal(err)
	}
}

// TestFM8WhatIsAlwaysRefusedHasNoForm: where nothing that is chosen would be taken, the page says what is in the way in the form's
// place, once.
func TestFM8WhatIsAlwaysRefusedHasNoForm(t *testing.T) {
	p := start(t)
	o := p.signIn(soloOwner)
	a, _ := o.agency()
	_, admin := o.hire(p.address("dana"), "admin")
	const form, suspended = `name="interval"`, "Your agency is suspended"
	has := func(c *caller, path string, want bool) *answer {
		t.Helper()
		page := c.get(path).is(200)
		if strings.Contains(string(page.body), form) != want {
			t.Errorf("a form to pay with at %s: want %t", path, want)
		}
		return page
	}
	has(o, "/upgrade", true).hides(suspended, "Only owners")
	// An admin can't pay, and is told who can.
	has(admin, "/upgrade", false).shows("Only owners can pay for Max", "See your agency's owners")
	admin.post("/v1/agency/plan", m{"interval": "month"}).fails(403, "forbidden")

	p.suspend(a.ID)
	for _, c := range []*caller{o, admin} {
		for _, path := range []string{"/upgrade", "/upgrade?canceled=1"} {
			has(c, path, false).shows(suspended)
		}
	}
	at := o.post("/upgrade/start", url.Values{"interval": {"month"}}).is(303).header.Get("Location")
	if n := strings.Count(has(o, at, false).text(), "suspended"); n != 1 {
		t.Errorf("%s says %d times that the agency is suspended", at, n)
	}
	p.onMax(a.ID)
	has(o, "/upgrade", false).shows("You're on Max", suspended)
	if strings.Contains(string(o.get("/upgrade").body), `href="/clients?invite=new"`) {
		t.Error("a suspended agency is led to inviting")
	}
	p.resume(a.ID)
	has(o, "/upgrade", false).hides(suspended)
	p.onFree(a.ID)
	has(o, "/upgrade", true).hides(suspended)
}

// TestFM8AnAgencyThatMayNotInviteIsOfferedNoInvite: neither for a wish for another address, which it can refuse, nor among what
// needs it.
func TestFM8AnAgencyThatMayNotInviteIsOfferedNoInvite(t *testing.T) {
	notAsBuilt(t, "the clock moves, and with it what an invite waits for")
	p := start(t)
	o, me := p.signUp(p.address("nora"), "Fresh Flows "+p.run)
	p.onMax(me.ID)
	late := o.invite(p.address("late"))
	p.advance(6*24*time.Hour + time.Hour)
	o = p.signInLater(p.address("nora"))
	asks, _ := p.asksFor(o, p.address("ops"), p.address("other"))
	approve, resend := `value="approve"`, `action="/clients/`+late.ClientID+`"`
	offers := func(want bool) {
		t.Helper()
		for path, form := range map[string]string{"/clients/" + asks.ClientID: approve, "/home": resend} {
			if strings.Contains(string(o.get(path).is(200).body), form) != want {
				t.Errorf("%s at %s: want %t", form, path, want)
			}
		}
	}
	offers(true)
	p.onFree(me.ID)
	offers(false)
	o.get("/clients/"+asks.ClientID).shows("Use another address?", "Inviting clients needs the Max plan.")
	o.get("/home").shows("See client")
	o.post("/clients/"+asks.ClientID, do("proposal", url.Values{"answer": {"approve"}})).is(403)
	o.post("/clients/"+asks.ClientID, do("proposal", url.Values{"answer": {"refuse"}})).is(303)
}
