package apitest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
)

// importsJob is the part of the whole job in which an agency invites many at once: by the API, with a key and in person, and by the
// page; and what waits goes out by itself.
func importsJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	p.advance(2 * time.Hour)
	o := p.signIn(owner)
	kept.keep(o.cookie, p.newestCode(owner))
	o.installs()
	k := o.key("imports", "invites:read", "invites:write")
	kept.keep(k.Secret)
	both := func(call func(c *caller) *answer) *answer {
		t.Helper()
		p.advance(61 * time.Minute)
		call(p.program(k.Secret))
		return call(p.session(owner))
	}
	n := 0
	var b batchAnswer
	both(func(c *caller) *answer {
		n++
		lines, once := people(45, "imp"+string(rune('a'+n))), []string{"Idempotency-Key", "batch-" + p.run + string(rune('a'+n))}
		c.post("/v1/batches", m{"lines": lines}, once...).is(201)
		return c.post("/v1/batches", m{"lines": lines}, once...).is(201)
	}).into(&b)
	for i := range 10 {
		if b.Lines[i].Verdict == "created" {
			kept.keep(p.nextToken(b.Lines[i].Email))
		}
	}
	both(func(c *caller) *answer { return c.get("/v1/batches") }).is(200)
	both(func(c *caller) *answer { return c.get("/v1/batches/" + b.ID) }).is(200)
	both(func(c *caller) *answer { return c.get("/v1/batches/" + b.ID + "/export") }).is(200)
	both(func(c *caller) *answer { return c.delete("/v1/batches/" + b.ID) }).is(200)
	for _, c := range []func() *caller{func() *caller { return p.program(k.Secret) }, func() *caller { return p.session(owner) }} {
		p.advance(3 * time.Hour)
		var checked checkedAnswer
		n++
		file := "email\n"
		for _, who := range people(11, "file"+string(rune('a'+n))) {
			file += who["email"].(string) + "\n"
		}
		c().csv(file).is(200).into(&checked)
		p.advance(61 * time.Minute)
		c().post("/v1/imports/confirm", m{"hash": checked.Hash}).is(201)
	}
	p.advance(3 * time.Hour)
}

// importsPages is the same by the pages.
func importsPages(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	p.advance(10 * time.Hour)
	o := p.session(owner)
	kept.keep(o.cookie)
	lines := url.Values{"key": {"0123456789abcdef"}, "do": {"send"}}
	for _, who := range people(30, "page") {
		lines.Add("email", who["email"].(string))
	}
	at := o.post("/client-portal/invite", lines).is(303).header.Get("Location")
	o.post("/client-portal/invite", lines).is(303)
	o.get(at).is(200)
	o.post("/client-portal/invite", url.Values{"do": {"find"}, "find": {"a"}}).is(200)
	var list struct{ Items []struct{ ID string } }
	o.get("/v1/invites?status=scheduled").is(200).into(&list)
	o.post("/client-portal/invitations", url.Values{"do": {"cancel"}, "invite": {list.Items[0].ID}}).is(303)
	o.post("/client-portal/invite", url.Values{"do": {"cancel"}, "batch": {strings.Split(at, "batch=")[1]}}).is(303)
	file := o.sheet("email\nsheet@client.example\n").is(303).header.Get("Location")
	o.get(file).is(200)
	p.advance(2 * time.Hour)
	o = p.session(owner)
	o.post("/client-portal/invite", url.Values{"do": {"confirm"}, "hash": {strings.Split(file, "check=")[1]}}).is(303)
	kept.keep(p.nextToken("sheet@client.example"))
	p.advance(2 * time.Minute)
	o.get("/v1/invites?status=pending").is(200).into(&list)
	o.get("/client-portal/invitations").is(200)
	o.get("/client-portal/invitations?show=batches").is(200)
	o.post("/client-portal/invitations", url.Values{"do": {"resend"}, "invite": {list.Items[0].ID}}).is(303)
	kept.keep(p.nextToken("sheet@client.example"))
	// One that is paid while it is being cancelled.
	next, secret, d := o.paying("payer-listed@client.example")
	kept.keep(secret, d.cookie)
	var open checkout
	d.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&open)
	p.webhooks(standin.Plan{Lose: 1})
	p.pay(open.URL, "pay")
	p.webhooks(standin.Plan{})
	o.post("/client-portal/invitations", url.Values{"do": {"cancel"}, "invite": {next.ID}}).is(409)
}
