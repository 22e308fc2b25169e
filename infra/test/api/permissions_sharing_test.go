package apitest_test

import (
	"net/url"
	"regexp"
	"testing"
	"time"
)

// sharingJob is the part of the whole job in which people join by links: by the API and by the pages, with and without approval.
func sharingJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	const boss = "boss@joins.example"
	o, office := p.signUp(boss, "Joins")
	p.onMax(office.ID)
	kept.keep(o.cookie)
	o.put("/v1/portal-app", nil).is(200)
	k := o.key("links", "roles:read", "roles:write")
	kept.keep(k.Secret)
	program := p.program(k.Secret)
	// used has the program call when the hour is new, so that the use of its key is noted.
	used := func(call func(c *caller) *answer) *answer {
		t.Helper()
		p.advance(61 * time.Minute)
		return call(program)
	}
	var r struct{ ID string }
	o.post("/v1/roles", m{"name": "Joined " + p.run, "active": true, "rules": m{}}).is(201).into(&r)
	var l, asks shareLink
	used(func(c *caller) *answer {
		return c.post("/v1/share-links", m{"roles": []string{r.ID}, "createContact": true, "neverExpires": true, "unlimited": true},
			"Idempotency-Key", "share")
	}).is(201).into(&l)
	kept.keep(l.token())
	used(func(c *caller) *answer { return c.get("/v1/share-links") }).is(200)
	used(func(c *caller) *answer { return c.get("/v1/share-links/" + l.ID) }).is(200)
	used(func(c *caller) *answer { return c.patch("/v1/share-links/"+l.ID, m{"name": "Site"}) }).is(200)
	used(func(c *caller) *answer { return c.post("/v1/share-links/"+l.ID+"/reset", nil) }).is(200).into(&l)
	kept.keep(l.token())

	// A new link takes the place of one that is dead, when there are as many as there may be.
	o = p.fresh(boss)
	kept.keep(o.cookie)
	var all struct{ Items []shareLink }
	o.get("/v1/share-links?limit=200").is(200).into(&all)
	var x shareLink
	for range 100 - len(all.Items) {
		x = o.share(m{})
		kept.keep(x.token())
	}
	used(func(c *caller) *answer { return c.post("/v1/share-links/"+x.ID+"/disable", nil) }).is(200)
	o = p.fresh(boss)
	kept.keep(o.cookie)
	asks = o.share(m{"approval": true, "neverExpires": true})
	kept.keep(asks.token())

	// By the API.
	ann, bob := p.signIn("ann@client.example"), p.signIn("bob@client.example")
	kept.keep(ann.cookie, bob.cookie)
	p.nobody().get("/v1/join/" + l.token()).is(200)
	ann.get("/v1/join/" + l.token()).is(200)
	ann.post("/v1/join/"+l.token(), m{"name": "Ann"}).is(200)
	ann.post("/v1/join/"+asks.token(), m{"name": "Ann", "adds": true}).is(200)
	bob.post("/v1/join/"+asks.token(), nil).is(200)
	cy := p.signIn("cy@client.example")
	kept.keep(cy.cookie)
	cy.post("/v1/join/"+asks.token(), nil).is(200)
	var wait struct{ Items []struct{ ID string } }
	used(func(c *caller) *answer { return c.get("/v1/join-requests") }).is(200).into(&wait)
	used(func(c *caller) *answer { return c.post("/v1/join-requests/"+wait.Items[0].ID+"/approve", nil) }).is(200)
	used(func(c *caller) *answer { return c.post("/v1/join-requests/"+wait.Items[1].ID+"/refuse", nil) }).is(200)

	// By the pages.
	dan := p.nobody()
	at := "/join/" + l.token()
	p.skipMails("dan@client.example")
	dan.get(at).is(200)
	dan.post(at, do("code", url.Values{"email": {"dan@client.example"}})).is(303)
	c := p.nextCode("dan@client.example")
	kept.keep(c)
	gone := p.signIn("gil@client.example") // a browser may send a session that has ended, which is ended once more
	kept.keep(gone.cookie)
	gone.delete("/v1/sessions/current").is(204)
	dan.cookie = gone.cookie
	dan.cookie = dan.post(at, do("join", url.Values{"email": {"dan@client.example"}, "code": {c}})).is(303).session()
	kept.keep(dan.cookie)
	for _, who := range []string{"eve@client.example", "fay@client.example"} {
		x := p.signIn(who)
		kept.keep(x.cookie)
		x.post("/join/"+asks.token(), do("join", url.Values{})).is(303)
	}
	o = p.fresh(boss)
	kept.keep(o.cookie)
	o.get("/client-portal/links").is(200)
	o.get("/v1/join-requests").is(200).into(&wait)
	o.post("/client-portal/links", do("approve", url.Values{"id": {wait.Items[0].ID}})).is(303)
	o.post("/client-portal/links", do("refuse", url.Values{"id": {wait.Items[1].ID}})).is(303)
	o.post("/v1/share-links/"+asks.ID+"/disable", nil).is(200)
	made := o.post("/client-portal/links", do("create", url.Values{"expiry": {"never"}, "limit": {"none"}})).is(200)
	kept.keep(regexp.MustCompile(`lks_[0-9A-Za-z]+`).FindString(string(made.body)))
	which := "/client-portal/links/" + l.ID
	o.get(which).is(200)
	o.post(which, do("save", url.Values{"expiry": {"never"}, "limit": {"none"}})).is(303)
	made = o.post(which, do("reset", url.Values{})).is(200)
	kept.keep(regexp.MustCompile(`lks_[0-9A-Za-z]+`).FindString(string(made.body)))
	o.post(which, do("disable", url.Values{})).is(303)
}
