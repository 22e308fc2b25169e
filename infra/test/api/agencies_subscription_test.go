package apitest_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

// An agency does not go while somebody pays for what is its own there.
func TestAnAgencyWithClientsWhoPayStays(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	a, _ := o.agency()
	leave := func() *answer { return o.do("DELETE", "/v1/agency", m{"name": a.Name}) }
	i, secret, c := o.paying(p.address("ops"))
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	leave().fails(409, "not_active") // it may be paying at this moment
	p.pay(page.URL, "pay")
	c.joins(a.ID)
	leave().fails(409, "not_active")
	o.post("/settings/agency", url.Values{"name": {a.Name}}).is(409).shows("One client of yours pays for what is its own")
	if o.look(i.ID).Status != "accepted" {
		t.Error("the client is gone")
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
