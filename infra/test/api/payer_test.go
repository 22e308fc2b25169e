package apitest_test

import (
	"testing"
	"time"
)

// payerChange is a change of payer as the API tells it.
type payerChange struct {
	ID, State, ProposedBy, Payer, Hash, Reason string
	NeedsCard                                  bool
	Version                                    int
	Old, New                                   struct {
		Payer, Interval string
		Total           struct{ Text string }
	}
	ChangesAt, ExpiresAt time.Time
	Card                 *checkout
}

// host has the address buy hosting, and waits until it runs. It returns the client's id, the person, and the agency's.
func (o *caller) host(address string) (id string, c *caller, agency string) {
	o.t.Helper()
	mine, _ := o.agency()
	i, secret, c := o.paying(address)
	c.buys(secret, mine.ID)
	c.until("all to be ready", func() bool { return states(c.portalThings()) == "ready ready" })
	return i.ClientID, c, mine.ID
}

func (c *caller) change(path string) (b payerChange) {
	c.t.Helper()
	c.get(path).is(200).into(&b)
	return b
}

// becomes waits until the change is in the state.
func (c *caller) becomes(path, state string) (b payerChange) {
	c.t.Helper()
	c.until("the change of payer to be "+state, func() bool {
		b = c.change(path)
		return b.State == state
	})
	return b
}

// payerJob makes the functions of the change of payer do all that they can.
func payerJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	p.advance(61 * time.Minute)
	o := p.signIn(owner)
	which, c, at := o.host("changes-payer@client.example")
	kept.keep(o.cookie, c.cookie)
	office, portal, of := "/v1/clients/"+which+"/payer-change", "/v1/portal/payer-change", "?agency="+at
	wish, mine := m{"to": "agency"}, m{"agency": at, "to": "agency"}

	o.post(office, wish).is(200)
	c.post(portal+"/decline", m{"agency": at}).is(200)
	c.post(portal, mine).is(200)
	o.post(office+"/decline", nil).is(200)
	c.post(portal, mine).is(200)
	c.delete(portal + of).is(200)
	o.post(office, wish).is(200)
	o.delete(office).is(200)
	o.post(office, wish).is(200)
	c.post(portal+"/agree", m{"agency": at, "hash": c.change(portal + of).Hash}).is(200)
	o.delete(office).is(200)
	o.becomes(office, "withdrawn")
	c.post(portal, mine).is(200)
	o.post(office+"/agree", m{"hash": o.change(office).Hash}).is(200)
	o.becomes(office, "scheduled") // by the card that the agency has given before
}

func TestX4TheTwoSidesAgreeOnWhoPays(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	which, c, at := o.host(p.address("ops"))
	office, portal, of := "/v1/clients/"+which+"/payer-change", "/v1/portal/payer-change", "?agency="+at

	// Nothing was proposed yet.
	o.get(office).fails(404, "not_found")
	c.get(portal+of).fails(404, "not_found")
	o.delete(office).fails(409, "no_payer_change")
	c.delete(portal+of).fails(409, "no_payer_change")
	o.post(office+"/agree", m{"hash": "x"}).fails(409, "no_payer_change")
	c.post(portal+"/agree", m{"agency": at, "hash": "x"}).fails(409, "no_payer_change")
	o.post(office+"/decline", nil).fails(409, "no_payer_change")
	c.post(portal+"/decline", m{"agency": at}).fails(409, "no_payer_change")

	// What cannot be proposed, and by whom.
	connected := named(t, o.things("instances"), "Acme production").ID
	o.post(office, m{"to": "agency", "resource": connected}).fails(409, "not_provisioned")
	c.post(portal, m{"agency": at, "to": "agency", "resource": connected}).fails(409, "not_provisioned")
	o.post(office, m{"to": "client"}).fails(422, "invalid")
	o.post(office, m{"to": "agency", "interval": "week"}).fails(422, "invalid")
	c.post(portal, m{"agency": at, "to": "client"}).fails(422, "invalid")
	o.post(office+"/agree", m{}).fails(422, "invalid")
	c.post(portal+"/agree", m{"hash": "x"}).fails(422, "invalid")
	c.post(portal+"/decline", m{}).fails(422, "invalid")
	c.get(portal).fails(422, "invalid")
	c.delete(portal).fails(422, "invalid")
	key := p.program(o.key("CRM", "clients:read", "clients:write").Secret)
	key.post(office, m{"to": "agency"}).fails(403, "step_up_required")
	key.post(office+"/agree", m{"hash": "x"}).fails(403, "step_up_required")
	stranger := p.signIn(p.address("stranger"))
	for _, x := range []struct {
		by          *caller
		path, query string
		with        func(more m) m
	}{{o, "/v1/clients/cl_01KC5R9V3M8Q2T4W6Y8A0C1E3G/payer-change", "", func(more m) m { return more }},
		{stranger, portal, of, func(more m) m {
			if more == nil {
				more = m{}
			}
			more["agency"] = at
			return more
		}}} {
		x.by.get(x.path+x.query).fails(404, "not_found")
		x.by.delete(x.path+x.query).fails(404, "not_found")
		x.by.post(x.path, x.with(m{"to": "agency"})).fails(404, "not_found")
		x.by.post(x.path+"/agree", x.with(m{"hash": "x"})).fails(404, "not_found")
		x.by.post(x.path+"/decline", x.with(nil)).fails(404, "not_found")
	}

	// The client proposes, and the agency agrees to what it has read.
	var b payerChange
	c.post(portal, m{"agency": at, "to": "agency"}).is(200).into(&b)
	if b.State != "proposed" || b.ProposedBy != "client" || b.Old.Payer != "client" || b.New.Payer != "agency" ||
		b.Old.Total.Text == "" || b.New.Total.Text == "" || b.Version != 1 || b.Hash == "" || !b.ChangesAt.After(p.now()) {
		t.Errorf("proposed: %+v", b)
	}
	o.post(office, m{"to": "agency"}).fails(409, "payer_change_open")
	c.post(portal, m{"agency": at, "to": "agency"}).fails(409, "payer_change_open")
	o.post(office+"/agree", m{"hash": "another"}).fails(409, "terms_changed")
	key.get(office).is(200)
	o.post(office+"/agree", m{"hash": b.Hash}).is(200).into(&b)
	if b.State != "agreed" || !b.NeedsCard || b.Card == nil {
		t.Fatalf("agreed, and a card is wanted: %+v", b)
	}
	var again payerChange
	if o.post(office+"/agree", m{"hash": b.Hash}).is(200).into(&again); again.Card == nil || again.Card.URL != b.Card.URL {
		t.Errorf("the page of a second tab: %+v", again.Card)
	}
	p.pay(b.Card.URL, "decline")
	p.pay(b.Card.URL, "pay")
	o.post(office+"/agree", m{"hash": b.Hash}).is(200) // whether or not it is known by now that the card was given
	b = o.becomes(office, "scheduled")
	c.post("/v1/portal/leave", m{"agency": at}).fails(409, "not_active")
	o.delete("/v1/clients/"+which).fails(409, "not_active")

	// Whoever has proposed it may think again.
	o.delete(office).fails(409, "no_payer_change")
	c.delete(portal + of).is(200)
	o.becomes(office, "withdrawn")

	// The other way round: the agency proposes, the client declines, and then agrees.
	o.post(office, m{"to": "agency", "interval": "year"}).is(200).into(&b)
	if b.New.Interval != "year" {
		t.Errorf("paid by the %s", b.New.Interval)
	}
	c.post(portal+"/decline", m{"agency": at}).is(200)
	c.post(portal, m{"agency": at, "to": "agency"}).is(200)
	o.post(office+"/decline", nil).is(200)
	o.post(office, m{"to": "agency"}).is(200).into(&b)
	c.post(portal+"/agree", m{"agency": at, "hash": "another"}).fails(409, "terms_changed")
	c.post(portal+"/agree", m{"agency": at, "hash": b.Hash}).is(200).into(&b)
	if b.Card != nil {
		t.Error("a client is asked for a card where its agency is to pay")
	}
	// What was agreed to stays so, whoever agrees once more, and however far it is by then. Nobody gives a card twice.
	for range 2 {
		if o.post(office+"/agree", m{"hash": b.Hash}).is(200).into(&b); b.State != "agreed" && b.State != "scheduled" || b.Card != nil {
			t.Errorf("the agency agrees to what is agreed, and has given a card before: %+v", b)
		}
		c.post(portal+"/agree", m{"agency": at, "hash": b.Hash}).is(200)
		o.post(office+"/agree", m{"hash": "another"}).fails(409, "no_payer_change")
		o.becomes(office, "scheduled")
	}
	o.delete(office).is(200)
	o.becomes(office, "withdrawn")
	o.post(office+"/agree", m{"hash": b.Hash}).fails(409, "no_payer_change")

	// While the last payment has failed nobody proposes or agrees.
	o.post(office, m{"to": "agency"}).is(200).into(&b)
	c.owes(p.address("ops"), of)
	b = c.change(portal + of)
	c.post(portal+"/agree", m{"agency": at, "hash": b.Hash}).fails(409, "not_active")
	o.delete(office).is(200)
	c.post(portal, m{"agency": at, "to": "agency"}).fails(409, "not_active")
	o.post(office, m{"to": "agency"}).fails(409, "not_active")

	which, c, _ = o.host(p.address("other"))
	office = "/v1/clients/" + which + "/payer-change"
	c.post(portal, m{"agency": at, "to": "agency"}).is(200)
	c.owes(p.address("other"), of)
	o.post(office+"/agree", m{"hash": o.change(office).Hash}).fails(409, "not_active")
}

// owes has the last payment of the caller fail, whose address it is.
func (c *caller) owes(address, of string) {
	c.t.Helper()
	for _, s := range c.inside().Stripe.Subscriptions() {
		if s.Email != address || s.Ended {
			continue
		}
		if err := c.inside().Stripe.FailRenewals(s.ID, true); err != nil {
			c.t.Fatal(err)
		}
		if err := c.inside().Stripe.Renew(s.ID); err != nil {
			c.t.Fatal(err)
		}
	}
	c.until("the payment to be past due", func() bool {
		var r struct{ Payment struct{ State string } }
		c.get("/v1/portal/contract" + of).is(200).into(&r)
		return r.Payment.State == "past_due"
	})
}

// What an agency that is suspended, or what is not sold any more, is not agreed on.
func TestX4NobodyAgreesForASuspendedAgency(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	which, c, at := o.host(p.address("ops"))
	office, portal, of := "/v1/clients/"+which+"/payer-change", "/v1/portal/payer-change", "?agency="+at
	var b payerChange
	o.post(office, m{"to": "agency"}).is(200).into(&b)
	p.inside()
	p.suspend(at)
	c.post(portal+"/agree", m{"agency": at, "hash": b.Hash}).fails(403, "agency_suspended")
	o.post(office+"/agree", m{"hash": b.Hash}).fails(403, "agency_suspended")
	c.delete(portal+of).fails(409, "no_payer_change")
	o.delete(office)
	c.post(portal, m{"agency": at, "to": "agency"}).fails(403, "agency_suspended")
	o.post(office, m{"to": "agency"}).fails(403, "agency_suspended")
	p.resume(at)
	if err := p.inside().Stripe.Distort("hosting_30_month", m{"billing_scheme": "tiered"}); err != nil {
		t.Fatal(err)
	}
	o.until("the price not to be sold", func() bool {
		p.advance(time.Hour)
		o = p.signIn(owner)
		a := o.post(office, m{"to": "agency"})
		if a.status == 200 {
			o.delete(office).is(200)
		}
		return a.status == 422
	})
	o.post(office, m{"to": "agency"}).fails(422, "payments_not_set_up")
	p.signIn(p.address("ops")).post(portal, m{"agency": at, "to": "agency"}).fails(422, "payments_not_set_up")
}

// Each proposal of an agency's is mailed to its client, and what was withdrawn is another mail: there is an end to it.
func TestFD6AnAgencyMailsNoProposalsWithoutEnd(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	which, c, at := o.host(p.address("ops"))
	office, portal, of := "/v1/clients/"+which+"/payer-change", "/v1/portal/payer-change", "?agency="+at
	for range 10 {
		o.post(office, m{"to": "agency"}).is(200)
		p.skipMails(p.address("ops"))
		o.delete(office).is(200)
		p.nextMail(p.address("ops")) // that it was withdrawn, at least
	}
	o.post(office, m{"to": "agency"}).fails(429, "rate_limited")

	// The client's own proposals are no mails to it, and the next day another one is taken.
	c.post(portal, m{"agency": at, "to": "agency"}).is(200)
	c.delete(portal + of).is(200)
	p.advance(25 * time.Hour)
	o = p.signIn(owner)
	o.post(office, m{"to": "agency"}).is(200)
}
