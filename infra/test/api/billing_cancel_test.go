package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// cancels does on the payment service's page at the address what a person does who cancels there: it is a page for that alone, of one
// subscription. It returns where the page leads then.
func (p *product) cancels(at string) string {
	p.t.Helper()
	var page struct {
		Cancels       bool
		Done          string
		Subscriptions []struct{ ID string }
	}
	if p.control(http.MethodGet, "stripe/portal/"+session(at), nil, &page); !page.Cancels || len(page.Subscriptions) != 1 {
		p.t.Fatalf("%s is no page on which one subscription is cancelled: %+v", at, page)
	}
	p.control(http.MethodPost, "stripe/portal/"+session(at), m{"do": "cancel", "subscription": page.Subscriptions[0].ID}, nil)
	_, path, _ := strings.Cut(strings.TrimPrefix(page.Done, "http://"), "/")
	return "/" + path
}

// TestAClientCancelsWhereItRenews: one press leads straight to the payment service's page for that, and the button is there only
// while there is something to cancel.
func TestAClientCancelsWhereItRenews(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	address := p.address("ops")
	i, secret, c := o.paying(address)
	portal, contract := "/portal?agency="+mine.ID, "/portal/contract?agency="+mine.ID
	form := url.Values{"agency": {mine.ID}, "cancel": {"1"}}
	const button = "Cancel subscription"

	// Nothing is paid yet, and so there is nothing to cancel.
	c.get(contract).is(200).hides(button)
	c.post("/portal/billing", form).is(303).has("Location", portal+"&problem=not_found")
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	c.joins(mine.ID)

	o.get("/clients/" + i.ClientID + "/contract").is(200).hides(button) // the agency reads it, and does not pay
	for _, at := range []string{portal, contract} {
		a := c.get(at).is(200).shows(button)
		if policy := a.header.Get("Content-Security-Policy"); !strings.Contains(policy, "https://billing.stripe.com") {
			t.Errorf("the form on %s may not lead to the payment service: %s", at, policy)
		}
	}
	c.get(portal + "&ending=1").is(200).shows("Your cancellation is on its way")
	c.get(portal).is(200).hides("Your cancellation is on its way")
	p.nobody().post("/portal/billing", form).is(303).has("Location", "/sign-in?next="+url.QueryEscape(portal))
	c.post("/portal/billing", form, "Sec-Fetch-Site", "cross-site").is(403)
	p.signIn(p.address("stranger")).post("/portal/billing", form).is(303).has("Location", portal+"&problem=not_found")

	till := c.post("/portal/billing", form).is(303).header.Get("Location")
	if back := p.cancels(till); back != portal+"&ending=1" {
		t.Errorf("cancelling leads back to %s", back)
	}
	p.until("the end to be known", func() bool { return strings.Contains(c.get(portal).text(), "Ends on") })
	for _, at := range []string{portal, contract, portal + "&ending=1"} {
		c.get(at).is(200).hides(button, "Your cancellation is on its way")
	}
	c.post("/portal/billing", form).is(303).has("Location", portal+"&problem=not_found")
	c.post("/portal/billing", url.Values{"agency": {mine.ID}}).is(303)
}

// TestAnOldSignInDoesNotCancel, neither what a client pays for nor the plan.
func TestAnOldSignInDoesNotCancel(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	_, secret, c := o.paying(p.address("ops"))
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	c.joins(mine.ID)
	p.advance(61 * time.Minute)
	c.strict, o.strict = true, true
	c.post("/portal/billing", url.Values{"agency": {mine.ID}, "cancel": {"1"}}).is(307).has("Location", "/step-up?to=%2Fportal%2Fbilling")
	o.post("/upgrade/start", url.Values{"cancel": {"1"}, "from": {"/settings/agency"}}).is(307).
		has("Location", "/step-up?to=%2Fupgrade%2Fstart")
}

// TestAnOwnerCancelsMaxWhereItRenews, from the page about the plan and back.
func TestAnOwnerCancelsMaxWhereItRenews(t *testing.T) {
	p := start(t)
	s := p.signIn(soloOwner)
	const plan, button = "/settings/agency", "Cancel subscription"
	form := url.Values{"cancel": {"1"}, "from": {plan}}
	s.get(plan).is(200).hides(button)
	s.post("/upgrade/start", form).is(303).has("Location", plan+"?problem=not_found")
	var page checkout
	s.post("/v1/agency/plan", m{"interval": "year"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	p.until("the plan", func() bool { return strings.Contains(s.get(plan).text(), "Renews on") })
	admin := p.address("admin")
	s.post("/v1/members", m{"email": admin, "level": "admin"}).is(201)
	p.nextMail(admin)
	a := p.signIn(admin)
	a.get(plan).is(200).hides(button)
	a.post("/upgrade/start", form).is(303).has("Location", plan+"?problem=forbidden")

	s.get(plan).is(200).shows(button)
	till := s.post("/upgrade/start", form).is(303).header.Get("Location")
	if back := p.cancels(till); back != plan+"?ending=1" {
		t.Errorf("cancelling leads back to %s", back)
	}
	p.until("the end to be known", func() bool { return strings.Contains(s.get(plan).text(), "Ends on") })
	s.get(plan+"?ending=1").is(200).hides(button, "Your cancellation is on its way")
	s.post("/upgrade/start", form).is(303).has("Location", plan+"?problem=not_found")
}

// TestTheAPICancelsWhatThePagesDo: the operations open the same pages, of a client and of an owner, for the same people and no
// longer than there is something to cancel.
func TestTheAPICancelsWhatThePagesDo(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	_, secret, c := o.paying(p.address("ops"))
	const client, agency = "/v1/portal/billing", "/v1/agency/billing"
	own := m{"agency": mine.ID, "cancel": true}
	c.post(client, own).fails(404, "not_found")
	o.post(agency, m{"cancel": true}).fails(404, "not_found")
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	c.joins(mine.ID)
	opens := func(who *caller, path string, body any) string {
		t.Helper()
		var at struct{ URL string }
		who.post(path, body).is(200).into(&at)
		return at.URL
	}
	overview := func(at string) {
		t.Helper()
		var page struct{ Cancels bool }
		if p.control(http.MethodGet, "stripe/portal/"+session(at), nil, &page); page.Cancels {
			t.Errorf("%s is the page for cancelling", at)
		}
	}
	p.nobody().post(client, own).fails(401, "unauthenticated")
	p.signIn(p.address("stranger")).post(client, own).fails(404, "not_found")
	if f := c.post(client, m{"cancel": true}).fails(422, "invalid"); f.at("agency") == "" {
		t.Errorf("%+v", f)
	}
	c.post(client, m{"agency": mine.ID, "cancel": "yes"}).fails(422, "invalid")
	overview(opens(c, client, m{"agency": mine.ID}))
	overview(opens(c, client, m{"agency": mine.ID, "cancel": false}))
	if back := p.cancels(opens(c, client, own)); back != "/portal?agency="+mine.ID+"&ending=1" {
		t.Errorf("cancelling leads back to %s", back)
	}
	p.until("the end to be known", func() bool { return strings.Contains(c.get("/portal").text(), "Ends on") })
	c.post(client, own).fails(404, "not_found")
	overview(opens(c, client, m{"agency": mine.ID}))
}

// TestTheAPICancelsMax for owners, and for nobody else of the agency.
func TestTheAPICancelsMax(t *testing.T) {
	p := start(t)
	const path = "/v1/agency/billing"
	s, _, _ := p.onPlan(soloOwner)
	_, admin := s.hire(p.address("admin"), "admin")
	admin.post(path, m{"cancel": true}).fails(403, "forbidden")
	var at struct{ URL string }
	for _, body := range []any{nil, m{}, m{"cancel": false}} { // as before there was a choice
		s.post(path, body).is(200).into(&at)
		var page struct{ Cancels bool }
		if p.control(http.MethodGet, "stripe/portal/"+session(at.URL), nil, &page); page.Cancels {
			t.Errorf("%v opens the page for cancelling", body)
		}
	}
	p.until("it to renew", func() bool { return strings.Contains(s.get("/settings/agency").text(), "Renews on") })
	s.post(path, m{"cancel": true}).is(200).into(&at)
	if back := p.cancels(at.URL); back != "/settings/agency?ending=1" {
		t.Errorf("cancelling leads back to %s", back)
	}
	p.until("the end to be known", func() bool { return strings.Contains(s.get("/settings/agency").text(), "Ends on") })
	s.post(path, m{"cancel": true}).fails(404, "not_found")
}
