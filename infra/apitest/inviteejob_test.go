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
	kept.keep(o.cookie, code(p.t, p.mails(owner)[0]))
	linkTo := func(to string) string {
		_, secret := o.linkTo(to)
		kept.keep(secret)
		return secret
	}
	c := p.nobody()
	one, two := linkTo("declines@client.example"), linkTo("declines-too@client.example")
	c.post("/v1/invitations/"+one+"/propose", m{"email": "pat@client.example"}).is(204)
	c.post("/i/"+two+"/propose", url.Values{"email": {"pat@client.example"}}).is(200)
	c.post("/v1/invitations/"+one+"/decline", m{"reason": "No thanks."}).is(204)
	c.post("/i/"+two+"/decline", url.Values{"reason": {"No thanks."}}).is(200)
	one, two = linkTo("too-late@client.example"), linkTo("too-late-too@client.example")
	p.advance(7*24*time.Hour + time.Minute)
	c.post("/v1/invitations/"+one+"/request-link", nil).is(204)
	c.post("/i/"+two+"/request", url.Values{}).is(303)
}
