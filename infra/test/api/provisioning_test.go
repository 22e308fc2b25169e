package apitest_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
	maker "latchkey.dev/infra/run/provisioner"
	"latchkey.dev/shared/adapter/provisionhook"
)

// progressBody is what the API says of the making of what was bought.
type progressBody struct {
	State  string
	Steps  []struct{ State string }
	Late   bool
	Reason string
}

// bought is something that a client has bought.
type bought struct {
	ID, Status, URL string
	Progress        *progressBody
}

// buys has the person pay for its invite, and waits until it is a client.
func (c *caller) buys(secret, agency string) {
	c.t.Helper()
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	c.pay(page.URL, "pay")
	c.joins(agency)
}

// things are what the person's portal shows: hosting, then WhatsApp.
func (c *caller) portalThings() []bought {
	c.t.Helper()
	var b struct{ Instances, Services []bought }
	c.get("/v1/portal").is(200).into(&b)
	return append(b.Instances, b.Services...)
}

// resources are the same as the agency sees them.
func (c *caller) bought(client string) []bought {
	c.t.Helper()
	var b struct{ Resources []bought }
	c.get("/v1/clients/" + client).is(200).into(&b)
	return b.Resources
}

func states(all []bought) string {
	var out []string
	for _, b := range all {
		if b.Progress != nil {
			out = append(out, b.Progress.State)
		}
	}
	return strings.Join(out, " ")
}

func TestFE17FE24WhatIsPaidForIsSetUpAndTheClientsOwn(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	i, secret, c := o.paying(p.address("ops"))
	c.buys(secret, mine.ID)
	c.until("all to be ready", func() bool { return states(c.portalThings()) == "ready ready" })
	all := c.portalThings()
	hosting := all[0]
	if hosting.Status != "running" || hosting.URL == "" ||
		!slices.ContainsFunc(hosting.Progress.Steps, func(s struct{ State string }) bool { return s.State == "creating" }) {
		t.Errorf("%+v", hosting)
	}
	c.get("/v1/portal/instances/"+hosting.ID).is(200).shows("New orders to the ledger", `"progress"`)
	c.get("/portal/instances/" + hosting.ID).is(200).shows("New orders to the ledger")
	c.get("/portal").is(200).shows("n8n Hosting, 30 GB", "WhatsApp Service")

	// The agency sees it, and it is not the agency's to change, to take or to give.
	o.get("/v1/instances/"+hosting.ID).is(200).shows(`"ownedBy":"`+i.ClientID+`"`, `"linkable":false`)
	o.get("/instances/" + hosting.ID).is(200).shows("Owned by").hides("Disconnect…")
	o.get("/clients/" + i.ClientID).is(200).shows("Their own")
	o.delete("/v1/instances/"+hosting.ID).fails(403, "forbidden")
	o.patch("/v1/instances/"+hosting.ID, m{"name": "Mine"}).fails(403, "forbidden")
	o.post("/v1/invites",
		m{"email": p.address("pat"), "payer": "agency", "grants": []m{{"resource": hosting.ID, "access": "read"}}}).fails(422, "invalid")
	o.put("/v1/clients/"+i.ClientID+"/grants/"+hosting.ID, m{"access": "read"}).fails(422, "invalid")
	o.delete("/v1/clients/"+i.ClientID+"/grants/"+hosting.ID).fails(409, "not_active")
	o.post("/v1/clients/"+i.ClientID+"/items/"+hosting.ID+"/retry", nil).fails(409, "not_active")
}

func TestX6WhatCannotBeSetUpIsSaidTriedAgainAndPaidBack(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	full := true
	p.inside().Provisioner.Fail(func(verb string, x maker.Thing) string {
		if verb == "begin" && (full || x.Product == "whatsapp") {
			return "There is no room left."
		}
		return ""
	})
	i, secret, c := o.paying(p.address("ops"))
	c.buys(secret, mine.ID)
	c.until("all tries to be used up", func() bool {
		p.advance(time.Minute)
		return states(c.portalThings()) == "failed failed"
	})
	p.advance(10 * time.Minute)
	hosting := o.bought(i.ClientID)[0]
	if x := hosting.Progress; !x.Late || x.Reason != "There is no room left." {
		t.Errorf("%+v", x)
	}
	c.get("/portal").is(200).shows("We couldn't set it up yet. There is no room left.")
	c.get("/portal/instances/" + hosting.ID).is(200).shows("We couldn't set it up yet.")
	o.get("/instances/" + hosting.ID).is(200).shows("We couldn't set it up yet.")
	o.get("/clients/"+i.ClientID).is(200).shows("We couldn't set it up yet.", "Try again")

	// Another agency, a stranger and a key without the right do not have it tried.
	retry := "/v1/clients/" + i.ClientID + "/items/" + hosting.ID + "/retry"
	p.nobody().post(retry, nil).fails(401, "unauthenticated")
	o.post(retry, nil, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
	p.program(o.key("reads", "clients:read").Secret).post(retry, nil).fails(403, "forbidden")
	o.post("/v1/clients/"+i.ClientID+"/items/ins_01KC5R9V3M8Q2T4W6Y8A0C1E3G/retry", nil).fails(404, "not_found")
	p.signIn(soloOwner).post(retry, nil).fails(404, "not_found")
	o.post("/clients/"+i.ClientID, do("retry", url.Values{"resource": {hosting.ID}})).is(303).has("Location",
		"/clients/"+i.ClientID+"?done=retried")
	o.until("all tries to be used up again", func() bool {
		p.advance(time.Minute)
		return states(o.bought(i.ClientID)) == "failed failed"
	})
	p.inside().Provisioner.Fail(func(verb string, x maker.Thing) string {
		if verb == "begin" && x.Product == "whatsapp" {
			return "There is no room left."
		}
		return ""
	})
	o.post(retry, nil).is(200)
	c.until("hosting to be ready", func() bool { return states(c.portalThings()) == "ready failed" })

	p.advance(24 * time.Hour)
	o.until("WhatsApp to be paid back", func() bool {
		p.advance(time.Minute)
		return states(o.bought(i.ClientID)) == "ready refunded"
	})
	p.until("both to be told", func() bool {
		told := func(m mail) bool { return strings.Contains(m.Subject, "couldn't set up") }
		return slices.ContainsFunc(p.mails(i.Email), told) && slices.ContainsFunc(p.mails(owner), told)
	})
	c.get("/portal").is(200).shows("was refunded")
	o.get("/activity").is(200).shows("was refunded")
}

// tells has the operator's program say that its newest thing has changed.
func (p *product) tells(change func(at time.Time, body, signature string) (string, string)) *answer {
	p.t.Helper()
	all := p.local.Provisioner.Things()
	of := all[len(all)-1].Data
	text, err := json.Marshal(m{"type": provisionhook.Changed, "data": m{"key": of.Key, "agency": of.Agency, "client": of.Client}})
	if err != nil {
		p.t.Fatal(err)
	}
	body, at := string(text), p.now() // signature and header are of the same second
	signature := provisionhook.Sign(p.local.Provisioner.Secret, "msg_1", at, text)
	if change != nil {
		body, signature = change(at, body, signature)
	}
	return p.nobody().post("/provisioner/callback", raw(body), "Content-Type", "application/json", "Webhook-Id", "msg_1",
		"Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10), "Webhook-Signature", signature)
}

func TestOnlyTheOperatorsProgramIsListenedTo(t *testing.T) {
	p := own(t, defaults)
	o := p.signIn(owner)
	mine, _ := o.agency()
	_, secret, c := o.paying(p.address("ops"))
	c.buys(secret, mine.ID)
	p.until("something to be begun", func() bool { return len(p.local.Provisioner.Things()) > 0 })
	p.tells(nil).is(204)
	p.tells(nil).is(204) // twice does no harm
	p.tells(func(_ time.Time, body, _ string) (string, string) { return body, "" }).is(401)
	p.tells(func(_ time.Time, body, signature string) (string, string) {
		return strings.Replace(body, "si_", "xx_", 1), signature
	}).is(401)
	sign := func(at time.Time, body string) (string, string) {
		return body, provisionhook.Sign(p.local.Provisioner.Secret, "msg_1", at, []byte(body))
	}
	p.tells(func(at time.Time, body, _ string) (string, string) {
		return sign(at, strings.Replace(body, "changed", "begin", 1))
	}).is(400)
	// of what there is not: nobody learns that
	p.tells(func(at time.Time, body, _ string) (string, string) {
		return sign(at, strings.Replace(body, "si_", "xx_", 1))
	}).is(204)
	c.until("all to be ready", func() bool { return states(c.portalThings()) == "ready ready" })
	p.tells(nil).is(204)
}

func TestWhereNoProgramIsNobodyIsListenedTo(t *testing.T) {
	p := own(t, local.Options{Parameters: map[string]string{"ProvisioningDriver": "none"}})
	p.nobody().post("/provisioner/callback", raw("{}")).is(401)
}

// provisioningJob does with what is bought whatever can be done, for those who watch the functions.
func provisioningJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	p.advance(61 * time.Minute)
	o := p.signIn(owner)
	kept.keep(o.cookie)
	mine, _ := o.agency()
	_, first, buyer := o.paying("first-payer@client.example")
	kept.keep(first)
	kept.keep(buyer.cookie)
	buyer.buys(first, mine.ID)
	buyer.until("all to be ready", func() bool { return states(buyer.portalThings()) == "ready ready" })
	bought := buyer.portalThings()[0]
	buyer.post("/v1/portal/instances/"+bought.ID+"/sign-in", nil).is(200)
	buyer.post("/portal/instances/"+bought.ID, do("enter", url.Values{})).is(200)
	p.inside().Provisioner.Fail(func(verb string, _ maker.Thing) string {
		if verb == "begin" {
			return "There is no room left."
		}
		return ""
	})
	defer p.inside().Provisioner.Fail(nil)
	i, secret, c := o.paying("late-payer@client.example")
	kept.keep(secret)
	kept.keep(c.cookie)
	c.buys(secret, mine.ID)
	p.until("something to be begun", func() bool { return len(p.local.Provisioner.Things()) > 0 })
	p.tells(nil).is(204)
	failed := func() {
		c.until("all tries to be used up", func() bool {
			p.advance(time.Minute)
			return states(o.bought(i.ClientID)) == "failed failed"
		})
	}
	failed()
	all := o.bought(i.ClientID)
	o.get("/v1/instances/" + all[0].ID).is(200)
	program := p.program(o.key("ops", "clients:write").Secret)
	kept.keep(program.bearer)
	p.advance(61 * time.Minute)
	program.post("/v1/clients/"+i.ClientID+"/items/"+all[0].ID+"/retry", nil).is(200)
	o.post("/clients/"+i.ClientID, do("retry", url.Values{"resource": {all[1].ID}})).is(303)
	failed()
	p.advance(25 * time.Hour)
	p.until("all to be paid back", func() bool {
		p.advance(time.Minute)
		return states(o.bought(i.ClientID)) == "refunded refunded"
	})
	p.until("the client to be told", func() bool {
		return slices.ContainsFunc(p.mails(i.Email), func(m mail) bool { return strings.Contains(m.Subject, "couldn't set up") })
	})
}
