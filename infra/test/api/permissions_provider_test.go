package apitest_test

import (
	"net/url"
	"time"

	"latchkey.dev/infra/run/provider"
)

// providerJob signs in by accounts elsewhere in every way that there is, and connects and disconnects them.
func providerJob(p *product, kept *secrets) {
	s := p.inside().Provider
	o := p.signIn(owner)
	i := o.invite("by-account@client.example")
	secret := token(p.t, p.nextMail(i.Email))
	kept.keep(o.cookie, secret)
	c := p.nobody()
	c.get("/i/" + secret).is(200)
	c.from(s, "issuer", elsewhere("p1", i.Email), "/i/"+secret).to("/i/" + secret)
	c.post("/i/"+secret, do("accept", nil)).is(303)
	kept.keep(c.cookie)
	c.from(s, "issuer", elsewhere("p1", i.Email), "").to("/") // ends the session that came with it
	c.from(s, "issuer", elsewhere("p2", "nobody@client.example"), "").to("/sign-in?problem=nobody&with=issuer")
	at := c.from(s, "issuer", provider.Account{Subject: "p3", Email: i.Email}, "").to("/sign-in?…").header.Get("Location")
	c.get(at).is(200)
	code := p.nextCode(i.Email)
	c.cookie = c.post("/sign-in", url.Values{"email": {i.Email}, "code": {code}}).is(303).session()
	kept.keep(code, c.cookie)
	c.post("/account", do("disconnect", url.Values{"issuer": {s.Issuer}})).is(303)
	to, err := url.Parse(c.get("/sign-in/with/issuer?link=1", "Sec-Fetch-Site", "same-origin").is(303).header.Get("Location"))
	if err != nil {
		p.t.Fatal(err)
	}
	c.get(back(s, "issuer", elsewhere("p4", i.Email), to)).is(303)
	c.proved(p.now().Add(-time.Hour))
	c.strict = true
	to, err = url.Parse(c.get(c.post("/step-up?to=%2Faccount", url.Values{"step-up-with": {"issuer"}}).is(303).header.Get("Location"),
		"Sec-Fetch-Site", "same-origin").is(303).header.Get("Location"))
	if err != nil {
		p.t.Fatal(err)
	}
	at = c.get(back(s, "issuer", elsewhere("p4", i.Email), to)).to("/step-up?kept=…").header.Get("Location")
	c.get(at).is(303)
	c.post("/step-up?to=%2Faccount", url.Values{"step-up-kept": {at[len("/step-up?kept="):]}}).is(303)
	for _, x := range c.identities() {
		c.delete("/v1/me/identities/" + x.ID).is(204)
	}
	c.post("/v1/me/identities", m{"provider": "issuer"}).is(200)
	p.advance(61 * time.Second) // the sweep has what has changed told
	p.nextMail(i.Email)
}
