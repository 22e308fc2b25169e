package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/subscription"
)

// operator is the table as the operator's command line has it.
func (p *product) operator() *dynamo.Operator {
	return dynamo.OpenOperator(p.aws(), p.place.Table, p.now)
}

// byOperator is a row of the log about what an operator does.
func (p *product) byOperator(what audit.Action, which string) audit.Entry {
	now := p.now()
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.Operator, Action: what, Subject: which}
}

func (p *product) suspend(which string) {
	p.t.Helper()
	if err := p.operator().Suspend(p.t.Context(), id.Agency(which), "", p.byOperator(audit.AgencySuspended, which)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *product) resume(which string) {
	p.t.Helper()
	if err := p.operator().Resume(p.t.Context(), id.Agency(which), p.byOperator(audit.AgencyResumed, which)); err != nil {
		p.t.Fatal(err)
	}
}

// closes waits until the payment page that is open for a client is closed, without trying to pay on it before.
func (p *product) closes(agency, which, page string) {
	p.t.Helper()
	p.until("the payment page to be closed", func() bool {
		c, err := p.operator().Client(p.t.Context(), id.Agency(agency), id.Client(which).Ref(), true)
		if err != nil {
			p.t.Fatal(err)
		}
		return c.Payment.State != subscription.CheckoutOpen
	})
	if !p.closed(page) {
		p.t.Error("it can be paid all the same")
	}
}

func TestASuspendedAgencyRestsAndLosesNothing(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("resting")
	x := o.tie(far)
	a, _ := o.agency()
	joined := o.invite(p.address("joined"), m{"grants": []m{{"resource": x.ID, "access": "write"}}})
	client := p.accept(joined.Email)
	client.get("/v1/portal/instances/" + x.ID).is(200)
	waiting := o.invite(p.address("waiting"))
	secret := p.nextToken(waiting.Email)
	late := p.signIn(waiting.Email)
	k := o.key("CRM", "invites:write", "clients:read")
	flow := client.flows(x.ID).Workflows[0]
	p.advance(61 * time.Second)

	p.suspend(a.ID)
	// Inviting and sending again, by people and by keys.
	for _, c := range []*caller{o, p.program(k.Secret)} {
		c.post("/v1/invites", m{"email": p.address("x")}).fails(403, "agency_suspended")
		c.post("/v1/invites/"+waiting.ID+"/resend", nil).fails(403, "agency_suspended")
	}
	o.get("/clients").is(200).shows("This agency is suspended.", "joined").hides(`href="/clients?invite=new"`)
	o.get("/settings/agency").is(200).shows("Your agency is suspended", "Nothing is deleted")
	// Acceptance, the portal, and what it opens.
	late.post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_gone")
	late.post("/i/"+secret, url.Values{}).is(410)
	var portal struct {
		Access    string
		Instances []m
	}
	client.get("/v1/portal").is(200).into(&portal)
	if portal.Access != "inactive" || len(portal.Instances) != 0 {
		t.Errorf("the portal is %+v", portal)
	}
	client.get("/portal").is(200).shows("This portal is paused.")
	client.get("/v1/portal/instances/"+x.ID).fails(403, "forbidden")
	if s := client.do("PUT", "/v1/portal/instances/"+x.ID+"/workflows/"+flow.ID, m{"active": true}).status; s != 403 && s != 405 {
		t.Errorf("switching a workflow answered %d", s)
	}
	client.post("/portal/instances/"+x.ID, do("workflow", url.Values{"workflow": {flow.ID}, "active": {"true"}})).is(403)
	// What there is can still be looked at, and ended.
	o.get("/v1/clients").is(200)
	p.program(k.Secret).get("/v1/clients").is(200)

	// What is out is dead for good, and the agency sees it.
	p.advance(61 * time.Second)
	p.until("the pending invite to be dead", func() bool {
		var i struct{ Status string }
		o.get("/v1/invites/" + waiting.ID).is(200).into(&i)
		return i.Status == "canceled"
	})

	p.resume(a.ID)
	o.invite(p.address("x"))
	client.get("/v1/portal").is(200).into(&portal)
	if portal.Access != "full" || len(portal.Instances) != 1 {
		t.Errorf("after it the portal is %+v", portal)
	}
	client.get("/v1/portal/instances/" + x.ID).is(200)
	late.post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_gone")
}

// Whoever pays for what is their own keeps it, on a page with nothing of the agency's about it; whoever was about to pay cannot any
// more.
func TestFM8WhoPaysKeepsItsOwnAndNobodyElseIsCharged(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	x := o.tie(p.far("shared"))
	_, secret, c := o.paying(p.address("own"))
	c.buys(secret, mine.ID)
	c.until("all to be ready", func() bool { return states(c.portalThings()) == "ready ready" })
	own := c.portalThings()[0]
	var page checkout
	i, late, other := o.paying(p.address("late"))
	other.post("/v1/invitations/"+late+"/checkout", m{"interval": "month"}).is(200).into(&page)

	p.suspend(mine.ID)
	p.advance(61 * time.Second)
	p.closes(mine.ID, i.ClientID, page.URL)
	p.until("the invite to be dead", func() bool {
		var now struct{ Status string }
		o.get("/v1/invites/" + i.ID).is(200).into(&now)
		return now.Status == "canceled"
	})
	other.post("/v1/invitations/"+late+"/checkout", m{"interval": "month"}).fails(410, "invitation_gone")

	var portal struct {
		Access    string
		Instances []bought
	}
	c.get("/v1/portal").is(200).into(&portal)
	if portal.Access != "kept" || len(portal.Instances) != 1 || portal.Instances[0].ID != own.ID ||
		portal.Instances[0].Status != "running" {
		t.Errorf("the portal is %+v", portal)
	}
	c.get("/portal").is(200).shows("What you bought stays yours", "Your contract", "Card and invoices").hides(mine.Name, mine.Color)
	c.get("/v1/portal/instances/" + own.ID).is(200)
	c.get("/portal/instances/" + own.ID).is(200).hides(mine.Color)
	c.get("/v1/portal/instances/"+x.ID).fails(404, "not_found")
	c.get("/portal/contract?agency=" + mine.ID).is(200).hides(mine.Color)
	c.post("/portal/billing", url.Values{"agency": {mine.ID}}).is(303)
	if s := p.subscriptions(); s[0].Status != "active" {
		t.Errorf("the subscription is %s", s[0].Status)
	}

	p.resume(mine.ID)
	c.get("/v1/portal").is(200).into(&portal)
	if portal.Access != "full" {
		t.Errorf("after it the portal is %s", portal.Access)
	}
	c.get("/portal").is(200).shows(mine.Name)
}

// Whoever invited has gone: its payment pages close, and a client that it brought in goes on.
func TestFM8ThePaymentPagesOfARemovedInviterClose(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	address := p.address("inviter")
	var added struct{ ID string }
	o.post("/v1/members", m{"email": address, "level": "admin"}).is(201).into(&added)
	by := p.signIn(address)
	_, secret, c := by.paying(p.address("client"))
	c.buys(secret, mine.ID)
	var page checkout
	i, late, other := by.paying(p.address("late"))
	other.post("/v1/invitations/"+late+"/checkout", m{"interval": "month"}).is(200).into(&page)

	o.do("DELETE", "/v1/members/"+added.ID, nil).is(204)
	p.advance(61 * time.Second)
	p.closes(mine.ID, i.ClientID, page.URL)
	other.post("/v1/invitations/"+late+"/checkout", m{"interval": "month"}).fails(410, "invitation_gone")
	var portal struct{ Access string }
	c.get("/v1/portal").is(200).into(&portal)
	if portal.Access != "full" {
		t.Errorf("the client's portal is %s", portal.Access)
	}
}

func (p *product) halt(which string) {
	p.t.Helper()
	if err := p.operator().Halt(p.t.Context(), id.Agency(which), p.byOperator(audit.AgencyHalted, which)); err != nil {
		p.t.Fatal(err)
	}
}

// When the operator stops the instances, too, charging stops the same day, and the unused days come back; resuming takes it up again.
// Both sides are told each time.
func TestFM8WhatTheOperatorStopsIsNotCharged(t *testing.T) {
	notAsBuilt(t, "Stripe's stand-in counts days by the clock, which cannot be moved")
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	i, secret, c := o.paying(p.address("own"))
	c.buys(secret, mine.ID)
	c.until("all to be ready", func() bool { return states(c.portalThings()) == "ready ready" })
	own := c.portalThings()[0]
	p.advanceMeanwhile(10 * 24 * time.Hour)
	c = p.signIn(i.Email)
	payment := func() subscription.Subscription {
		got, err := p.operator().Client(t.Context(), id.Agency(mine.ID), id.Client(i.ClientID).Ref(), true)
		if err != nil {
			t.Fatal(err)
		}
		return got.Payment
	}
	status := func() string {
		r, err := p.operator().Client(t.Context(), id.Agency(mine.ID), id.Client(i.ClientID).Ref(), true)
		if err != nil {
			t.Fatal(err)
		}
		return string(r.Bought(id.Resource(own.ID)).State)
	}
	told := func(who, subject string) {
		t.Helper()
		p.told(who, subject)
	}

	p.suspend(mine.ID)
	p.advance(61 * time.Second)
	told(i.Email, "is paused; what you bought keeps running")
	told(owner, mine.Name+" is suspended")
	if at := payment(); at.State != subscription.Active || at.Resting {
		t.Errorf("while it is suspended the payment is %+v", at)
	}

	p.halt(mine.ID)
	p.advance(61 * time.Second)
	p.until("the payment to rest", func() bool { return payment().Resting })
	told(i.Email, "is stopped, and you are not charged")
	told(owner, "bought is stopped")
	if back := p.subscriptions()[0].Refunded; back == "" || back == p.subscriptions()[0].Total {
		t.Errorf("of %s %q was paid back, after ten days of a month", p.subscriptions()[0].Total, back)
	}
	p.until("the instance to be stopped", func() bool { return status() == "suspended" })
	c.get("/portal").is(200).shows("You aren't charged").hides(mine.Color)
	c.post("/checkout/start", url.Values{"agency": {mine.ID}, "interval": {"month"}}).is(303) // back, with what is in the way
	if at := payment(); at.State != subscription.Unpaid || !at.Resting {
		t.Errorf("it can be paid for again while it rests: %+v", at)
	}
	before := p.subscriptions()[0]
	p.advanceMeanwhile(80 * 24 * time.Hour) // past renewals, and past the day on which what is not paid for is deleted
	if status() != "suspended" {
		t.Errorf("what the operator has stopped is %s", status())
	}
	if now := p.subscriptions()[0]; now.Refunded != before.Refunded || now.Ended {
		t.Errorf("while it rests the subscription is %+v", now)
	}

	p.resume(mine.ID)
	p.advance(61 * time.Second)
	p.until("the payment to go on", func() bool { return payment().State == subscription.Active && !payment().Resting })
	p.until("the instance to run", func() bool { return status() == "ready" })
	told(i.Email, "starts again")
	told(owner, "is lifted")
	if left := payment().PeriodEnd.Sub(p.now()); left < 27*24*time.Hour {
		t.Errorf("the new period has %s left", left)
	}
}

// told waits until somebody has a mail whose subject holds a text, and returns it.
func (p *product) told(who, subject string) mail {
	p.t.Helper()
	var found mail
	p.until(who+" to be told: "+subject, func() bool {
		for _, m := range p.mails(who) {
			if strings.Contains(m.Subject, subject) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// onPlan is a caller who has bought Max for its agency, and the subscription.
func (p *product) onPlan(who string) (o *caller, agencyID, sub string) {
	p.t.Helper()
	o = p.signIn(who)
	a, _ := o.agency()
	var page checkout
	o.post("/v1/agency/plan", m{"interval": "month"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	p.until("the plan", func() bool {
		now, _ := o.agency()
		return now.Plan == "max"
	})
	return o, a.ID, p.subscriptions()[0].ID
}

// standing is the agency as it is in the table.
func (p *product) standing(which string) *agency.Agency {
	p.t.Helper()
	a, err := p.operator().Agency(p.t.Context(), id.Agency(which))
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

// A suspended agency cannot use Max, and does not pay for it: the unused days come back, and with the suspension's end it goes on
// without anybody's doing. Its people are told each time.
func TestFM8ASuspendedAgencyIsNotChargedForMax(t *testing.T) {
	notAsBuilt(t, "Stripe's stand-in counts days by the clock, which cannot be moved")
	p := start(t)
	_, which, _ := p.onPlan(soloOwner)
	p.advanceMeanwhile(10 * 24 * time.Hour)
	o := p.signIn(soloOwner)

	p.suspend(which)
	p.advance(61 * time.Second)
	p.until("the payment to rest", func() bool { return p.standing(which).Payment.Resting })
	if letter := p.told(soloOwner, "is suspended"); !strings.Contains(letter.Text, "You aren't charged for Max") {
		t.Errorf("the owner is told %s", letter.Text)
	}
	before := p.subscriptions()[0]
	if before.Refunded == "" || before.Refunded == before.Total {
		t.Errorf("of %s %q was paid back, after ten days of a month", before.Total, before.Refunded)
	}
	o.get("/settings/agency").is(200).shows("Not charged", "It starts again by itself")
	o.post("/v1/agency/plan", m{"interval": "month"}).fails(403, "agency_suspended")
	p.advanceMeanwhile(80 * 24 * time.Hour) // past renewals
	if now := p.subscriptions()[0]; now.Refunded != before.Refunded || now.Ended {
		t.Errorf("while it rests the subscription is %+v", now)
	}
	if a := p.standing(which); a.Plan != agency.Max || !a.Payment.Resting {
		t.Errorf("while it rests the plan is %s, %+v", a.Plan, a.Payment)
	}

	p.resume(which)
	p.advance(61 * time.Second)
	p.until("the payment to go on", func() bool {
		a := p.standing(which)
		return a.Payment.State == subscription.Active && !a.Payment.Resting && a.Plan == agency.Max
	})
	if letter := p.told(soloOwner, "is lifted"); !strings.Contains(letter.Text, "Max starts again too") {
		t.Errorf("the owner is told %s", letter.Text)
	}
	if left := p.standing(which).Payment.PeriodEnd.Sub(p.now()); left < 27*24*time.Hour {
		t.Errorf("the new period has %s left", left)
	}
	if all := p.subscriptions(); len(all) != 1 {
		t.Errorf("there are %d subscriptions", len(all))
	}
}

// What ends while it rests has lapsed, and Max can be bought anew once the agency may.
func TestFM8APlanThatEndsWhileItRestsHasLapsed(t *testing.T) {
	p := start(t)
	_, which, _ := p.onPlan(soloOwner)
	p.suspend(which)
	p.advance(61 * time.Second)
	p.until("the payment to rest", func() bool { return p.standing(which).Payment.Resting })
	p.lapse()
	p.until("the plan to end", func() bool {
		a := p.standing(which)
		return a.Plan == agency.Free && !a.Payment.Resting
	})
	p.resume(which)
	p.advance(61 * time.Second)
	p.onPlan(soloOwner)
}

// Nor can Max be paid for on a page that was open.
func TestFM8ThePageForMaxOfASuspendedAgencyCloses(t *testing.T) {
	p := start(t)
	o := p.signIn(soloOwner)
	a, _ := o.agency()
	var page checkout
	o.post("/v1/agency/plan", m{"interval": "year"}).is(200).into(&page)
	p.suspend(a.ID)
	p.advance(61 * time.Second)
	p.until("the page to be closed", func() bool { return p.standing(a.ID).Payment.State == subscription.None })
	if !p.closed(page.URL) {
		t.Error("it can be paid all the same")
	}
}

// A plan that lapses rests inviting: pages of invites that are out close, and whoever is a client stays one.
func TestFM8ALapsedPlanClosesOpenPagesAndTouchesNoClient(t *testing.T) {
	p := start(t)
	o, which, plan := p.onPlan(soloOwner)
	joined := o.invite(p.address("joined"))
	free := p.accept(joined.Email)
	_, secret, pays := o.paying(p.address("pays"))
	pays.buys(secret, which)
	i, late, other := o.paying(p.address("late"))
	var page checkout
	other.post("/v1/invitations/"+late+"/checkout", m{"interval": "month"}).is(200).into(&page)

	p.control(http.MethodPost, "stripe/subscriptions/"+plan, m{"do": "cancel"}, nil)
	p.until("the plan to lapse", func() bool { return p.standing(which).Plan == agency.Free })
	p.advance(61 * time.Second)
	p.closes(which, i.ClientID, page.URL)
	other.post("/v1/invitations/"+late+"/checkout", m{"interval": "month"}).fails(410, "invitation_gone")
	for name, c := range map[string]*caller{"who pays nothing": free, "who pays": pays} {
		var portal struct{ Access string }
		if c.get("/v1/portal").is(200).into(&portal); portal.Access != "full" {
			t.Errorf("the portal of %s is %s", name, portal.Access)
		}
	}
	for _, s := range p.subscriptions() {
		if s.ID != plan && (s.Status != "active" || s.Ended || s.Refunded != "") {
			t.Errorf("what a client pays is %+v", s)
		}
	}
}
