package apitest_test

import (
	"net/url"
	"time"
)

// inviteeJob is the part of wholeJob in which invited people give other answers than yes, and clients look after
// themselves, each by the API and by the pages.
func inviteeJob(p *product, kept *secrets) {
	p.t.Helper()
	p.advance(time.Hour)
	o := p.signIn(owner)
	kept.keep(o.cookie, p.newestCode(owner))
	linkTo := func(to string) string {
		_, secret := o.linkTo(to)
		kept.keep(secret)
		return secret
	}
	c := p.nobody()
	one, two := linkTo("declines@client.example"), linkTo("declines-too@client.example")
	c.post("/v1/invitations/"+one+"/propose", m{"email": "pat@client.example"}).is(204)
	c.post("/i/"+two, do("propose", url.Values{"email": {"pat@client.example"}})).is(303)
	c.post("/v1/invitations/"+one+"/decline", m{"reason": "No thanks."}).is(204)
	c.post("/i/"+two, do("decline", url.Values{"reason": {"No thanks."}})).is(303)
	one, two = linkTo("too-late@client.example"), linkTo("too-late-too@client.example")
	p.advance(7*24*time.Hour + time.Minute)
	c.post("/v1/invitations/"+one+"/request-link", nil).is(204)
	c.post("/i/"+two, do("request", url.Values{})).is(303)

	// Clients look after themselves: one by the API, one by the pages, and each of them erases itself at last.
	p.advance(time.Hour)
	o = p.signIn(owner)
	at := o.agencyOf()
	signIn := func(to string) *caller {
		p.advance(time.Minute)
		c := p.signIn(to)
		kept.keep(c.cookie, p.newestCode(to))
		return c
	}
	for _, api := range []bool{true, false} {
		to := "leaves@client.example"
		if !api {
			to = "leaves-too@client.example"
		}
		one = linkTo(to)
		me := signIn(to)
		me.post("/v1/invitations/"+one+"/accept", nil).is(200)
		me.get("/account").is(200)
		me.get("/v1/me/export").is(200)
		if api {
			me.post("/v1/portal/leave", m{"agency": at}).is(204)
		} else {
			me.post("/account", do("leave", url.Values{"agency": {at}})).is(303)
		}
		me.get("/portal").is(200)
		me.get("/portal?agency=" + at).is(404)
		p.advance(time.Minute)
		one = linkTo(to)
		me.post("/v1/invitations/"+one+"/accept", nil).is(200)
		if api {
			me.delete("/v1/sessions").is(204)
			signIn(to).delete("/v1/me").is(204)
		} else {
			me.post("/account", do("end-sessions", url.Values{})).is(303)
			signIn(to).post("/account", do("erase", url.Values{"sure": {"yes"}})).is(303)
		}
	}
	o.get("/v1/me/export").is(200)
	o.get("/account").is(200)
	for _, api := range []bool{true, false} { // and two who work at the agency, with a key each
		to := "works@northwind.example"
		if !api {
			to = "works-too@northwind.example"
		}
		o.post("/v1/members", m{"email": to, "level": "admin"}).is(201)
		p.nextMail(to)
		me := signIn(to)
		kept.keep(me.key("theirs", "clients:read").Secret)
		me.get("/account").is(200)
		me.get("/v1/me/export").is(200)
		if api {
			me.delete("/v1/me").is(204)
		} else {
			me.post("/account", do("erase", url.Values{"sure": {"yes"}})).is(303)
		}
	}
}
