package apitest_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/engine/ses"
)

// senderJob is the part of the whole job in which an agency sends from its own domain: by the API and by the page, from the claim to
// the end, and with a domain whose records come too late.
func senderJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	p.advance(time.Hour)
	fresh := func() *caller {
		o := p.fresh(owner)
		kept.keep(o.cookie)
		return o
	}
	o := fresh()
	k := o.key("sender", "agency:read", "agency:write")
	kept.keep(k.Secret)
	// both has it called by the key, whose use is noted when the hour is new, and then by a person who has just signed in.
	both := func(call func(c *caller) *answer) *answer {
		t.Helper()
		p.advance(61 * time.Minute)
		call(p.program(k.Secret))
		return call(fresh())
	}
	p.advance(61 * time.Minute)
	zone := p.zone("northwind")
	d := p.program(k.Secret).claim("mail." + zone)
	at := "/v1/sender-domains/" + d.ID
	once := []string{"Idempotency-Key", "sender-" + p.run}
	var late senderDomain
	for range 2 {
		fresh().post("/v1/sender-domains", m{"domain": "late." + zone}, once...).is(201).into(&late)
	}
	fresh().until("its records", func() bool { return fresh().domain(late.ID).Ready })
	both(func(c *caller) *answer { return c.get("/v1/sender-domains") }).is(200)
	both(func(c *caller) *answer { return c.get("/v1/sender") }).is(200)
	both(func(c *caller) *answer { return c.get(at) }).is(200)
	both(func(c *caller) *answer { return c.get(at + "/zone-file") }).is(200)
	both(func(c *caller) *answer { return c.do("PATCH", at, m{"bounceLabel": "replies"}) }).is(200)
	both(func(c *caller) *answer { return c.do("PATCH", "/v1/sender", m{"name": "Northwind Team"}) }).is(200)
	fresh().until("the other name for bounces", func() bool { return fresh().domain(d.ID).of(t, "bounce").Name == "replies."+d.Domain })

	// Whoever runs the DNS is mailed the records; links end one by one, and all at once.
	var sent senderDomain
	opens, opened := "", map[string]bool{}
	for _, end := range []func(c *caller) *answer{
		func(c *caller) *answer { return c.delete(at + "/records?link=" + sent.Links[len(sent.Links)-1].ID) },
		func(c *caller) *answer { return c.delete(at + "/records") },
	} {
		for _, c := range []func() *caller{func() *caller { return p.program(k.Secret) }, fresh} {
			p.advance(61 * time.Minute)
			c().post(at+"/records", m{"email": "pat@client.example"}).is(200).into(&sent)
			// An hour that passes while a mail is being sent has its job come again, and the same mail with it.
			opens = recordsToken(t, p.nextOf("pat@client.example", "other records",
				func(m mail) bool { return !opened[recordsToken(t, m)] }))
			opened[opens] = true
			kept.keep(opens)
		}
		p.nobody().get("/v1/records/" + opens).is(200)
		p.nobody().get("/records/" + opens).is(200)
		both(end).is(200)
		p.nobody().get("/v1/records/" + opens).is(410)
		p.nobody().get("/records/" + opens).is(410)
	}
	fresh().post(at+"/records", m{"email": "pat@client.example"}, "Idempotency-Key", "records-"+p.run).is(200)
	kept.keep(recordsToken(t, p.nextMail("pat@client.example")))

	// Verified, tried, switched on and off.
	p.publish(d.lines())
	both(func(c *caller) *answer { return c.post(at+"/check", nil) }).is(200)
	d = fresh().verifies(fresh().domain(d.ID))
	both(func(c *caller) *answer { return c.post(at+"/test", nil, wait...) }).is(200)
	fresh().until("the test mail", func() bool { return fresh().domain(d.ID).Test.Outcome == "delivered" })
	both(func(c *caller) *answer { return c.post(at+"/enable", nil) }).is(200)
	p.advance(61 * time.Minute)
	fresh().invite("from-domain@client.example")
	kept.keep(p.nextToken("from-domain@client.example"))
	both(func(c *caller) *answer { return c.post(at+"/disable", nil) }).is(200)

	// The same by the page, a day later: records are mailed five times a day.
	p.advance(25 * time.Hour)
	page := func(do string, form url.Values) *answer {
		t.Helper()
		p.advance(11 * time.Second)
		form.Set("do", do)
		return fresh().post("/settings/email", form)
	}
	fresh().get("/settings/email").is(200)
	fresh().get("/settings/email?zone=" + d.ID).is(200)
	with := func(more ...string) url.Values {
		form := url.Values{"id": {d.ID}}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return form
	}
	page("check", with()).is(303)
	page("test", with()).is(303)
	fresh().until("the test mail", func() bool { return fresh().domain(d.ID).Test.Outcome == "delivered" })
	page("enable", with()).is(303)
	page("disable", with()).is(303)
	page("sender", with("name", "Northwind", "local", "hello", "replyTo", "")).is(303)
	page("try", with("name", "Northwind", "local", "hello", "replyTo", "")).is(200)
	page("records", with("email", "pat@client.example")).is(303)
	kept.keep(recordsToken(t, p.nextMail("pat@client.example")))
	page("revoke", with("link", fresh().domain(d.ID).Links[0].ID)).is(303)
	page("label", with("label", "bounce")).is(303)

	// Records that come too late: SES is told to look anew.
	p.publish("late." + zone + `. 300 IN TXT "hello"`)
	fresh().checks(late.ID)
	fresh().until("the end of the wait", func() bool {
		p.advance(8 * time.Hour)
		return fresh().domain(late.ID).State == "failed"
	})
	late = fresh().domain(late.ID)
	p.publish(late.lines())
	fresh().checks(late.ID)
	late = fresh().verifies(late)

	// A mail server of its own: set up, tried, and given up. relayJob sends by one.
	kept.keep("correct horse battery")
	server := m{"host": "smtp." + zone, "port": 587, "user": "invites", "password": "correct horse battery"}
	lateAt := "/v1/sender-domains/" + late.ID
	both(func(c *caller) *answer { return c.put(lateAt+"/smtp", server) }).is(200)
	both(func(c *caller) *answer { return c.post(lateAt+"/smtp/test", nil) }).is(200)
	both(func(c *caller) *answer { return c.delete(lateAt + "/smtp") }).is(200)
	form := func(more ...string) url.Values {
		f := with(more...)
		f.Set("id", late.ID)
		return f
	}
	page("smtp", form("host", "smtp."+zone, "port", "587", "user", "invites", "password", "correct horse battery")).is(303)
	page("smtp-test", form())
	page("smtp-remove", form()).is(303)

	// The end: one by the API, one by the page, and what SES has of them goes when the grace is over.
	both(func(c *caller) *answer { return c.delete(lateAt) }).is(204)
	page("release", with()).is(303)
	made := url.Values{"domain": {"third." + zone}}
	page("claim", made).is(303)
	p.until("the end of what SES has", func() bool {
		p.advance(12 * time.Hour)
		return !slices.ContainsFunc(p.local.Engine.SES.Domains(t.Context()), func(x ses.Domain) bool { return x.Name == d.Domain })
	})
}

// recordsToken is the token of the link to a domain's records.
func recordsToken(t *testing.T, letter mail) string {
	t.Helper()
	i := slices.IndexFunc(letter.Links, func(l string) bool { return strings.Contains(l, "/records/lkr_") })
	if i < 0 {
		t.Fatalf("the mail leads to %v", letter.Links)
	}
	_, token, _ := strings.Cut(letter.Links[i], "/records/")
	return token
}
