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
	secret := p.nextToken(i.Email)
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

// officeJob has an agency set up a provider of its own by the API and by the page, demand it, do without it, and remove it.
func officeJob(p *product, kept *secrets) {
	f := newOffice(p, "job")
	kept.keep(f.owner.cookie, provider.Secret)
	form := url.Values{"name": {"Entra"}, "issuer": {f.provider.Issuer}, "client-id": {provider.ClientID},
		"client-secret": {provider.Secret}}
	f.owner.get("/settings/sign-in").is(200)
	f.owner.post("/settings/sign-in", do("save", form)).is(303)
	boss := f.signs(f.at)
	kept.keep(boss.cookie)
	boss.from(f.provider, f.id, f.account(f.at), "").to("/home") // ends the session that came with it
	kept.keep(boss.cookie)
	boss.get(ownIssuerPath).is(200)
	boss.patch(ownIssuerPath, m{"required": true}).is(200)
	boss.post("/settings/sign-in", do("require", nil)).is(303)
	boss.post("/settings/sign-in", do("require", url.Values{"required": {"1"}})).is(303)
	c := p.nobody()
	at := c.post("/sign-in", url.Values{"do": {"code"}, "email": {f.third}}).is(303).header.Get("Location")
	c.get(at).is(200)
	at = c.from(f.provider, f.id, provider.Account{Subject: "s2", Email: f.second}, "").to("/sign-in?…").header.Get("Location")
	c.get(at).is(200)
	code := p.nextCode(f.second)
	c.cookie = c.post("/sign-in", url.Values{"email": {f.second}, "code": {code}, "with": {f.id}}).is(303).session()
	kept.keep(code, c.cookie)
	without := p.fresh(f.second)
	without.get("/clients").is(303)
	without.get("/sign-in/at/" + f.id).is(200)
	without.cookie = without.post("/sign-in/at/"+f.id, do("enter", nil)).is(303).session()
	kept.keep(without.cookie)
	boss.post("/settings/sign-in", do("remove", nil)).is(303)
	f.owner.put(ownIssuerPath, f.registration()).is(200)
	f.owner.delete(ownIssuerPath).is(204)
	f.toldOf(f.at, "no longer requires")
}
