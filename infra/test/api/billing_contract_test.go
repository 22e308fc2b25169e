package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
)

// subscriptionOf is the newest subscription of the address at the payment service.
func (p *product) subscriptionOf(address string) string {
	p.t.Helper()
	for _, s := range p.local.Stripe.Subscriptions() {
		if s.Email == address {
			return s.ID
		}
	}
	p.t.Fatalf("nobody pays as %s", address)
	return ""
}

// TestX3BothSidesReadAndKeepTheContract: before it is paid, while it is, and after either side has ended it.
func TestX3BothSidesReadAndKeepTheContract(t *testing.T) {
	p := own(t, defaults)
	o := p.signIn(owner)
	mine, _ := o.agency()
	i, secret, c := o.paying(p.address("ops"))
	agencys, clients := "/clients/"+i.ClientID+"/contract", "/portal/contract?agency="+mine.ID
	both := func(words ...string) {
		t.Helper()
		o.get(agencys).is(200).shows(words...)
		c.get(clients).is(200).shows(words...)
		for caller, path := range map[*caller]string{o: agencys + "?as=text", c: clients + "&as=text"} {
			a := caller.get(path).is(200).has("Content-Type", "text/plain; charset=utf-8").has("Content-Disposition",
				`attachment; filename="contract-`+p.now().UTC().Format(time.DateOnly)+`.txt"`)
			a.shows("CONTRACT "+i.ID, "Northwind Automations", "n8n Hosting, 30 GB", "€490.00")
			a.shows(words...)
		}
		var fromAgency, fromClient struct{ Receipt string }
		o.get("/v1/invites/" + i.ID + "/contract").is(200).into(&fromAgency)
		c.get("/v1/portal/contract?agency=" + mine.ID).is(200).into(&fromClient)
		if fromAgency.Receipt != fromClient.Receipt || !strings.Contains(fromAgency.Receipt, "€680.00") {
			t.Errorf("the two sides read\n%s\nand\n%s", fromAgency.Receipt, fromClient.Receipt)
		}
	}
	both("Not paid yet", "The client chooses monthly or annual")
	o.get("/clients/"+i.ClientID).is(200).shows("Contract and payment", "Not paid yet", "€68.00 a month or €680.00 a year",
		"What they buy is set up as soon as they pay")
	o.get("/clients").is(200).shows("n8n Hosting, 30 GB")
	if all := p.mails(i.Email); !strings.Contains(all[len(all)-1].Text, "€68.00 a month or €680.00 a year") {
		t.Errorf("the mail does not say what it costs: %s", all[len(all)-1].Text)
	}
	p.nobody().get(clients).is(303).has("Location", "/sign-in?next="+url.QueryEscape(clients))
	p.nobody().get(agencys).is(303)
	p.signIn(p.address("other")).get(clients).is(404)
	p.signIn(soloOwner).get(agencys).is(404)
	free := o.invite(p.address("free"))
	o.get("/clients/" + free.ClientID + "/contract").is(404)

	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "year"}).is(200).into(&page)
	both("Checkout open")
	p.pay(page.URL, "pay")
	c.joins(mine.ID)
	both("Paid until", "Annual", "First paid on")
	o.get("/clients/"+i.ClientID).is(200).shows("Paid", "€680.00 a year",
		"They keep their portal until they cancel").hides("Remove client…")
	c.get("/portal?agency="+mine.ID).is(200).shows("What you pay", "Your contract", "Yours.")

	sub := p.subscriptionOf(i.Email)
	if err := p.local.Stripe.CancelAtPeriodEnd(sub, true); err != nil {
		t.Fatal(err)
	}
	p.until("the end to be seen", func() bool { return strings.Contains(o.get("/clients").text(), "Ends on ") })
	both("Nothing is charged after that.")
	c.post("/v1/portal/leave", m{"agency": mine.ID}).is(204)
	both("Portal ended on")
	c.get("/portal?agency=" + mine.ID).is(404).shows("Your contract")
}

// TestThePaymentThatFailsIsSeenByTheAgency in its list and on the client's page, and so is its own.
func TestThePaymentThatFailsIsSeenByTheAgency(t *testing.T) {
	notAsBuilt(t, "Stripe's stand-in renews by the clock, which cannot be moved")
	p := own(t, defaults)
	o := p.signIn(owner)
	mine, _ := o.agency()
	i, secret, c := o.paying(p.address("ops"))
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	c.joins(mine.ID)
	s := p.signIn(soloOwner)
	s.get("/settings/agency").is(200).hides("Card and invoices")
	till := s.post("/upgrade/start", url.Values{"interval": {"month"}}).is(303).header.Get("Location")
	p.pay(till, "pay")
	p.until("Max", func() bool { return strings.Contains(s.get("/settings/agency").text(), "Paid monthly. Renews on") })
	s.get("/upgrade").is(200).shows("Invite Client")

	// Each way to card and invoices leads back to where it was opened.
	for from, back := range map[string]string{"": "/upgrade", "/settings/agency": "/settings/agency", "https://evil.example": "/upgrade"} {
		at := s.post("/upgrade/start", url.Values{"account": {"1"}, "from": {from}}).is(303).header.Get("Location")
		var portal struct{ ReturnURL string }
		p.control(http.MethodGet, "stripe/portal/"+session(at), nil, &portal)
		if !strings.HasSuffix(portal.ReturnURL, back) {
			t.Errorf("from %q it leads back to %s", from, portal.ReturnURL)
		}
	}

	for _, sub := range p.local.Stripe.Subscriptions() {
		if err := p.local.Stripe.FailRenewals(sub.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	c.until("all to be ready", func() bool { return states(c.portalThings()) == "ready ready" })
	p.advance(32 * 24 * time.Hour)
	o, c, s = p.signIn(owner), p.signIn(i.Email), p.signIn(soloOwner)
	p.until("the list to say so", func() bool { return strings.Contains(o.get("/clients").text(), "Payment failed") })
	o.get("/clients/"+i.ClientID).is(200).shows("Their last payment failed", "Past due", "Nothing closes yet")
	c.get("/portal?agency="+mine.ID).is(200).shows("Your last payment failed", "Update your card")
	p.until("the plan to be past due", func() bool {
		return strings.Contains(s.get("/clients").text(), "Your last payment for Max failed")
	})
	s.get("/settings/agency").is(200).shows("Past due", "Update card")

	p.advance(16 * 24 * time.Hour)
	o, s = p.signIn(owner), p.signIn(soloOwner)
	p.until("the list to say so", func() bool { return strings.Contains(o.get("/clients").text(), "Unpaid") })
	o.get("/clients/"+i.ClientID).is(200).shows("Their payment has ended", "deleted on")
	p.until("Max to end", func() bool { return strings.Contains(s.get("/settings/agency").text(), "Max ended on") })
}

// TestEveryWayPayingCanFailHasItsPage: what a person meets who was about to pay, or has, and something came between.
func TestEveryWayPayingCanFailHasItsPage(t *testing.T) {
	p := own(t, defaults)
	o := p.signIn(owner)
	mine, _ := o.agency()
	where := url.Values{"agency": {mine.ID}, "interval": {"month"}}
	at := "/checkout?agency=" + mine.ID
	start := func(name string) (invite, *caller, string) {
		i, _, c := o.paying(p.address(name))
		return i, c, c.post("/checkout/start", where).is(303).header.Get("Location")
	}

	// Signed in as somebody else.
	i0 := o.invite(p.address("first"), asked)
	p.nextMail(i0.Email)
	other := p.signIn(p.address("other"))
	other.get(at).is(404).shows("nothing to pay here", "Sign out and use another address")
	other.post("/account", do("sign-out", url.Values{"next": {at}})).is(303).has("Location", "/sign-in?next="+url.QueryEscape(at))
	n := p.nobody()
	n.post("/sign-in", do("code", url.Values{"email": {i0.Email}, "next": {at}})).is(303)
	n.post("/sign-in", url.Values{"email": {i0.Email}, "code": {p.nextCode(i0.Email)}, "next": {at}}).is(303).has("Location", at)

	// Cancelled while the payment page is open; and while it is being paid.
	i, c, till := start("cancelled")
	o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200)
	c.get(at+"&canceled=1").is(410).shows("This invitation was cancelled", "Nothing was charged", "Northwind Automations")
	c.post("/checkout/start", where).is(303).has("Location", at+"&problem=invitation_gone")
	c.get("/checkout/done?agency=" + mine.ID).is(303)
	p.until("the page to know", func() bool { return c.get("/checkout/waiting?agency="+mine.ID).status == 410 })
	c.get("/checkout/waiting?agency=" + mine.ID).is(410).shows("This invitation was cancelled")
	if _, err := p.local.Stripe.Pay(session(till), standin.Card{Number: standin.CardGood}); err == nil {
		t.Error("it can still be paid")
	}

	// Declined, and paid all the same a moment before the page closes.
	_, secret, d := o.paying(p.address("both"))
	till = d.post("/checkout/start", where).is(303).header.Get("Location")
	d.post("/v1/invitations/"+secret+"/decline", nil).is(204)
	if result, err := p.local.Stripe.Pay(session(till), standin.Card{Number: standin.CardGood}); err == nil && result.URL != "" {
		p.until("the money to go back", func() bool {
			return strings.Contains(d.get("/checkout/waiting?agency="+mine.ID).text(), "Your payment was refunded")
		})
	}

	// The page of the payment service has expired: the next try opens another.
	_, c, till = start("expired-page")
	p.advance(24 * time.Hour)
	c = p.signIn(p.address("expired-page"))
	c.get(at+"&canceled=1").is(200).shows("Nothing was charged", "Pay €")
	again := c.post("/checkout/start", where).is(303).header.Get("Location")
	if again == till || !strings.Contains(again, "/checkout/") {
		t.Errorf("the next try leads to %s, after %s", again, till)
	}

	// Paid in another tab: every page leads to the portal.
	p.pay(again, "pay")
	c.joins(mine.ID)
	for _, path := range []string{at, "/checkout/waiting?agency=" + mine.ID, "/checkout/done?agency=" + mine.ID} {
		if to := c.get(path).is(303).header.Get("Location"); !strings.HasPrefix(to, "/portal?agency="+mine.ID) {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	if to := c.post("/checkout/start", where).is(303).header.Get("Location"); !strings.HasPrefix(to, at) {
		t.Errorf("paying again leads to %s", to)
	}

	// The sign-in is too old: one proves again who it is, and goes on.
	_, c, _ = start("old")
	p.advance(61 * time.Minute)
	c.strict = true
	c.post("/checkout/start", where).is(307).has("Location", "/step-up?to=%2Fcheckout%2Fstart")

	// The payment service does not answer.
	_, _, c = o.paying(p.address("off"))
	p.local.Stripe.Disturb(func(string, string) standin.Disturbance { return standin.FailBefore })
	c.post("/checkout/start", where).is(303).has("Location", at+"&problem=unavailable")
	c.get(at+"&problem=unavailable").is(200).shows("The payment service isn't answering", "Nothing was charged")
	p.local.Stripe.Disturb(nil)

	// The agency is suspended, before and while it is paid.
	_, _, c = o.paying(p.address("suspended"))
	p.suspend(mine.ID)
	c.post("/checkout/start", where).is(303).has("Location", at+"&problem=invitation_gone")
	c.get(at + "&problem=invitation_gone").is(200).shows("takes no new clients at the moment")
	p.resume(mine.ID)
}

// TestPaidAfterTheInviteExpiredIsHonoured: who has the page open may pay, and stands in its portal.
func TestPaidAfterTheInviteExpiredIsHonoured(t *testing.T) {
	p := own(t, defaults)
	o := p.signIn(owner)
	mine, _ := o.agency()
	i := o.invite(p.address("late"), asked)
	p.nextMail(i.Email)
	at := "/checkout?agency=" + mine.ID
	p.advance(7*24*time.Hour - 30*time.Minute)
	c := p.signIn(i.Email)
	till := c.post("/checkout/start", url.Values{"agency": {mine.ID}, "interval": {"month"}}).is(303).header.Get("Location")
	p.advance(50 * time.Minute)
	p.nobody().get("/checkout/done?agency=" + mine.ID).is(303)
	c.get(at).is(410).shows("This invitation has expired", "Nothing was charged")
	p.pay(till, "pay")
	c.joins(mine.ID)
	c.get("/checkout/done?agency="+mine.ID).is(303).has("Location", "/portal?agency="+mine.ID+"&welcome=1")
}

// TestX2WhatIsSoldIsPreviewedAndToldInTheLog, and a dispute reads like one on both sides.
func TestX2WhatIsSoldIsPreviewedAndToldInTheLog(t *testing.T) {
	p := own(t, defaults)
	o := p.signIn(owner)
	mine, _ := o.agency()
	o.post("/clients",
		do("preview", url.Values{"payer": {"client"}, "hosting": {"30"}, "whatsapp": {"true"}})).is(200).shows("n8n Hosting, 30 GB",
		"WhatsApp Service", "Paid first", "€68.00 a month or €680.00 a year")
	i, secret, c := o.paying(p.address("ops"))
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	c.joins(mine.ID)
	o.get("/clients/" + i.ClientID).is(200).shows("First payment")
	o.get("/activity?action=payment").is(200).shows(i.Email + " paid")
	if _, err := p.local.Stripe.Dispute(p.subscriptionOf(i.Email), "fraudulent"); err != nil {
		t.Fatal(err)
	}
	p.until("the dispute to be seen", func() bool { return strings.Contains(o.get("/clients").text(), "Payment disputed") })
	o.get("/clients/"+i.ClientID).is(200).shows("Their bank disputes the payment", "Disputed")
	c.get("/portal?agency=" + mine.ID).is(200).shows("Your bank is questioning a payment").hides("Restart subscription")
}

// TestAFormMayLeadToThePaymentServiceOnlyWhereOneDoes (Content-Security-Policy, form-action).
func TestAFormMayLeadToThePaymentServiceOnlyWhereOneDoes(t *testing.T) {
	p := own(t, defaults)
	o := p.signIn(owner)
	mine, _ := o.agency()
	i, secret, c := o.paying(p.address("ops"))
	s := p.signIn(soloOwner)
	leads := func(c *caller, path string) bool {
		return strings.Contains(c.get(path).header.Get("Content-Security-Policy"), "stripe.com")
	}
	for path, c := range map[string]*caller{"/clients": o, "/clients?invite=new": o, "/clients/" + i.ClientID: o, "/clients/" + i.ClientID + "/contract": o, "/settings/agency": o, "/upgrade": o, "/i/" + secret: c, "/portal/contract?agency=" + mine.ID: c,
		"/checkout/waiting?agency=" + mine.ID: c, "/sign-in": p.nobody()} {
		if leads(c, path) {
			t.Errorf("a form of %s may lead to the payment service, and none does", path)
		}
	}
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	if !leads(c, "/checkout?agency="+mine.ID) || !leads(s, "/upgrade") {
		t.Error("the forms that lead to the payment service may not")
	}
	p.pay(page.URL, "pay")
	c.joins(mine.ID)
	if !leads(c, "/portal?agency="+mine.ID) {
		t.Error("card and invoices cannot be opened")
	}
}
