package apitest_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
)

// An agency does not go while somebody pays for what is their own there.
func TestAnAgencyWithClientsWhoPayStays(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	a, _ := o.agency()
	leave := func() *answer { return o.do("DELETE", "/v1/agency", m{"name": a.Name}) }
	i, secret, c := o.paying(p.address("ops"))
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.webhooks(standin.Plan{Hold: true})
	p.pay(page.URL, "pay")
	leave().fails(409, "already_paid")
	p.webhooks(standin.Plan{})
	c.joins(a.ID)
	leave().fails(409, "not_active")
	o.post("/settings/agency", url.Values{"name": {a.Name}}).is(409).shows("One client of yours pays for what is their own")
	if o.look(i.ID).Status != "accepted" {
		t.Error("the client is gone")
	}
}

// Whoever was about to pay cannot any more, and nobody is in the way of the deletion.
func TestFM8DeletingAnAgencyClosesItsOpenPaymentPages(t *testing.T) {
	for name, leave := range map[string]func(*caller, string){
		"api":  func(o *caller, name string) { o.do("DELETE", "/v1/agency", m{"name": name}).is(204) },
		"page": func(o *caller, name string) { o.post("/settings/agency", url.Values{"name": {name}}).is(303) },
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t)
			o := p.signIn(owner)
			a, _ := o.agency()
			var one, two checkout
			_, first, c := o.paying(p.address("one"))
			c.post("/v1/invitations/"+first+"/checkout", m{"interval": "month"}).is(200).into(&one)
			_, second, d := o.paying(p.address("two"))
			d.post("/v1/invitations/"+second+"/checkout", m{"interval": "year"}).is(200).into(&two)
			waiting := o.invite(p.address("waiting"))
			secret := p.nextToken(waiting.Email)

			leave(o, a.Name)
			for _, page := range []checkout{one, two} { // with the answer, and not when the sweep comes by
				if !p.closed(page.URL) {
					t.Error("a page can be paid all the same")
				}
			}
			for _, x := range []string{first, second, secret} {
				p.nobody().get("/v1/invitations/"+x).fails(410, "invitation_gone")
			}
			c.post("/v1/invitations/"+first+"/checkout", m{"interval": "month"}).fails(410, "invitation_gone")
			p.until("the purge", func() bool { p.advance(time.Minute); return len(p.items(a.ID)) <= 2 })
			if all := p.subscriptions(); len(all) != 0 {
				t.Errorf("somebody pays: %+v", all)
			}
		})
	}
}

// A deletion that is refused takes nothing away from those who are about to pay.
func TestFM8ADeletionThatIsRefusedLeavesOpenPagesOpen(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	a, _ := o.agency()
	_, secret, c := o.paying(p.address("pays"))
	c.buys(secret, a.ID)
	i, late, d := o.paying(p.address("late"))
	var page checkout
	d.post("/v1/invitations/"+late+"/checkout", m{"interval": "month"}).is(200).into(&page)
	for range 2 {
		o.do("DELETE", "/v1/agency", m{"name": a.Name}).fails(409, "not_active")
	}
	p.pay(page.URL, "pay")
	d.joins(a.ID)
	if o.look(i.ID).Status != "accepted" {
		t.Error("who has paid is no client")
	}
}

// What an agency pays for itself ends with it.
func TestNobodyPaysForAnAgencyThatIsGone(t *testing.T) {
	p := start(t)
	o := p.signIn(soloOwner)
	a, _ := o.agency()
	var page checkout
	o.post("/v1/agency/plan", m{"interval": "year"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	p.until("the plan", func() bool {
		a, _ := o.agency()
		return a.Plan == "max"
	})
	o.do("DELETE", "/v1/agency", m{"name": a.Name}).is(204)
	p.until("the subscription to end", func() bool {
		p.advance(time.Minute)
		return p.subscriptions()[0].Ended
	})
}

// Nor for one that went while its owner was paying.
func TestAPageOfAnAgencyThatIsGoneCloses(t *testing.T) {
	p := start(t)
	o := p.signIn(soloOwner)
	a, _ := o.agency()
	var page checkout
	o.post("/v1/agency/plan", m{"interval": "year"}).is(200).into(&page)
	o.do("DELETE", "/v1/agency", m{"name": a.Name}).is(204)
	p.until("the page to close", func() bool {
		p.advance(time.Minute)
		var x struct{ Status string }
		p.control(http.MethodGet, "stripe/checkout/"+session(page.URL), nil, &x)
		return x.Status == "expired"
	})
}
