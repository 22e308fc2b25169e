package apitest_test

import (
	"net/url"
	"testing"
	"time"
)

// webhooksJob is the part of the whole job in which an agency has events sent to programs of its own: by the API and by the pages, to a
// program that takes them, one that fails for a while, and one that is deleted.
func webhooksJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	fresh := func() *caller {
		p.advance(61 * time.Minute)
		o := p.fresh(owner)
		kept.keep(o.cookie)
		return o
	}
	o := fresh()
	k := o.key("events", "webhooks:read", "webhooks:write")
	kept.keep(k.Secret)
	// both has it called by the key, whose use is noted when the hour is new, and then by a person who has just signed in.
	both := func(call func(c *caller) *answer) *answer {
		t.Helper()
		p.advance(61 * time.Minute)
		call(p.program(k.Secret))
		return call(fresh())
	}
	var e hookEndpoint
	for _, name := range []string{"one", "two"} {
		both(func(c *caller) *answer {
			return c.post("/v1/webhook-endpoints", m{"url": p.hook(name)}, "Idempotency-Key", "hook-"+name+p.run)
		}).is(201).into(&e)
		kept.keep(e.Secret, p.hook(name))
	}
	at := "/v1/webhook-endpoints/" + e.ID
	both(func(c *caller) *answer { return c.get("/v1/webhook-endpoints") }).is(200)
	both(func(c *caller) *answer { return c.get(at) }).is(200)
	both(func(c *caller) *answer { return c.do("PATCH", at, m{"description": "n8n"}) }).is(200)
	both(func(c *caller) *answer { return c.post(at+"/secret", nil) }).is(200).into(&e)
	kept.keep(e.Secret)
	var d hookDelivery
	both(func(c *caller) *answer { return c.post(at+"/test", nil) }).is(202).into(&d)
	fresh().post("/v1/invites", m{"email": "events@client.example", "name": "Acme Ltd"}).is(202)
	p.advance(3 * time.Minute)
	p.until("an event", func() bool { return len(p.taken("two")) > 2 })
	both(func(c *caller) *answer { return c.get(at + "/deliveries") }).is(200)
	both(func(c *caller) *answer { return c.get(at + "/deliveries/" + d.ID) }).is(200)
	both(func(c *caller) *answer { return c.post(at+"/deliveries/"+d.ID+"/redeliver", nil) }).is(202)
	p.tell("two", m{"status": 500})
	fresh().post("/v1/invites", m{"email": "events-two@client.example"}).is(202)
	p.advance(3 * time.Minute)
	p.until("a failure", func() bool { return o.endpoint(e.ID).Status == "failing" })
	p.tell("two", m{"status": 200})
	both(func(c *caller) *answer {
		return c.post(at+"/recover", m{"since": p.now().Add(-20 * time.Hour).Format(time.RFC3339)})
	})
	p.until("the end of the failure", func() bool {
		p.advance(10 * time.Minute)
		return o.endpoint(e.ID).Status == "active"
	})

	// The same by the pages.
	page := "/settings/webhooks"
	fresh().get(page).is(200)
	fresh().post(page, do("create", url.Values{"url": {p.hook("three")}, "type": {"invite.accepted"},
		"key": {"00112233445566778899aabbccddeeaa"}})).is(200)
	page += "/" + e.ID
	fresh().get(page).is(200)
	fresh().get(page + "?delivery=" + d.ID).is(200)
	for _, of := range []string{"save", "disable", "enable", "test", "redeliver", "rotate", "recover", "delete"} {
		if of == "recover" && !p.moves() { // the first one goes by ids, which can't be made older, and is still under way
			continue
		}
		form := url.Values{"url": {p.hook("two")}, "delivery": {d.ID}, "since": {p.now().Add(-time.Hour).UTC().Format("2006-01-02T15:04")}}
		if a := fresh().post(page, do(of, form)); a.status != 303 && (a.status != 200 || of != "rotate") {
			t.Errorf("%s: %d %s", of, a.status, a.text())
		}
	}
	fresh().get(page).is(404)
	var all struct{ Items []hookEndpoint }
	fresh().get("/v1/webhook-endpoints").is(200).into(&all)
	for _, e := range all.Items {
		both(func(c *caller) *answer { return c.delete("/v1/webhook-endpoints/" + e.ID) })
	}
	p.advance(10 * time.Minute)
}
