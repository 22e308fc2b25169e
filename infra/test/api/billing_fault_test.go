package apitest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestFM1FM2EverybodyReadsWhenItEnds: a client and an agency cancel in the billing portal, and every place says so.
func TestFM1FM2EverybodyReadsWhenItEnds(t *testing.T) {
	notAsBuilt(t, "Stripe's stand-in is reached in this process")
	p := own(t, defaults)
	o := p.signIn(owner)
	mine, _ := o.agency()
	i, secret, c := o.paying(p.address("ops"))
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	c.joins(mine.ID)
	s := p.signIn(soloOwner)
	till := s.post("/upgrade/start", url.Values{"interval": {"month"}}).is(303).header.Get("Location")
	p.pay(till, "pay")
	p.until("Max", func() bool { return strings.Contains(s.get("/settings/agency").text(), "Paid monthly.") })
	c.delete("/v1/me").fails(409, "not_active")

	var day string // which is not always a month from now: not every month has a 31st
	for _, sub := range p.local.Stripe.Subscriptions() {
		day = sub.PeriodEnd.UTC().Format("2 January 2006")
		if err := p.local.Stripe.CancelAtPeriodEnd(sub.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	p.until("the client to end", func() bool { return strings.Contains(c.get("/portal?agency="+mine.ID).text(), "Ends on "+day) })
	p.until("Max to end", func() bool { return strings.Contains(s.get("/settings/agency").text(), "Ends on "+day) })
	o.get("/clients/" + i.ClientID).is(200).shows("Ends " + day)
	o.get("/clients").is(200).shows("Ends on")
	o.get("/clients/" + i.ClientID + "/contract").is(200).shows("Ends on " + day)
	c.get("/portal/contract?as=text&agency=" + mine.ID).is(200).shows("Ends on " + day)
	var client struct {
		Invite struct {
			Payment struct {
				Ending bool
				EndsAt *time.Time
			}
		}
	}
	o.get("/v1/clients/" + i.ClientID).is(200).into(&client)
	if pay := client.Invite.Payment; !pay.Ending || pay.EndsAt == nil || pay.EndsAt.Format("2 January 2006") != day {
		t.Errorf("the API says %+v", pay)
	}
	c.post("/v1/portal/leave", m{"agency": mine.ID}).is(204)
	c.delete("/v1/me").is(204)
}

// TestFM5TheClientConfirmsWhereItReads: the portal leads to the invoice's page, and so does the mail; a page of nobody known is
// not led to.
func TestFM5TheClientConfirmsWhereItReads(t *testing.T) {
	notAsBuilt(t, "Stripe's stand-in renews by the clock, which cannot be moved")
	p := own(t, defaults)
	o := p.signIn(owner)
	mine, _ := o.agency()
	i, secret, c := o.paying(p.address("ops"))
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	c.joins(mine.ID)
	if err := p.local.Stripe.ChangeCard(p.subscriptions()[0].Customer, "4000002760003184"); err != nil {
		t.Fatal(err)
	}
	c.until("all to be ready", func() bool { return states(c.portalThings()) == "ready ready" })
	p.skipMails(i.Email)
	p.advance(32 * 24 * time.Hour)
	letter := p.nextAbout(i.Email, "Confirm your payment")
	if !strings.Contains(letter.Text, "/_local/stripe/invoice/in_") {
		t.Errorf("the mail is %s: %s", letter.Subject, letter.Text)
	}
	c, o = p.signIn(i.Email), p.signIn(owner)
	portal := c.get("/portal?agency="+mine.ID).is(200).shows("Confirm your payment", "Confirm payment")
	portal.hides("tried again over the next days")
	if !strings.Contains(string(portal.body), `/_local/stripe/invoice/in_`) {
		t.Error("the portal does not lead to the invoice")
	}
	o.get("/clients").is(200).shows("Payment to be confirmed")
	o.get("/clients/" + i.ClientID).is(200).shows("bank wants them to confirm")
}
