package apitest_test

import (
	"net/url"
	"time"
)

// sessionJob is the part of the whole job in which a person looks where it is signed in, and signs out there, one by one and at once.
func sessionJob(p *product, kept *secrets) {
	p.t.Helper()
	const who = "devices@client.example"
	p.signIn(who)
	me := p.signIn(who) // with a browser that was never seen
	kept.keep(me.cookie)
	for range 2 {
		p.signIn(who)
	}
	all := me.sessions("50")
	me.delete("/v1/sessions/" + all[1].ID).is(204)
	me.get("/account").is(200)
	me.post("/account", do("end-session", url.Values{"session": {all[0].ID}})).is(303)
	p.signIn(who)
	me.post("/account", do("end-others", nil)).is(303)
	p.signIn(who)
	me.delete("/v1/sessions?keepCurrent=true").is(204)
	me.delete("/v1/sessions/current?everywhere=true").is(204)
	p.advance(61 * time.Second) // the sweep has it told
	p.nextMail(who)
}
