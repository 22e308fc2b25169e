package apitest_test

import (
	"net/url"
	"time"

	"latchkey.dev/shared/domain/identity"
)

// stepUpJob is the part of the whole job in which a person proves again who it is, on the page and by the API.
func stepUpJob(p *product, kept *secrets) {
	p.t.Helper()
	const who = "steps-up@client.example"
	c := p.session(who)
	c.strict = true
	kept.keep(c.cookie)
	past := p.now().Add(-identity.StepUpLasts - time.Minute)
	const at = "/step-up?to=%2Faccount"
	form := do("disconnect", url.Values{"issuer": {"https://issuer.example"}})
	asked := func() string {
		code := p.nextCode(who)
		kept.keep(code)
		return code
	}

	c.proved(past)
	c.get(at).is(200)
	c.post("/account", form).is(307).has("Location", at)
	p.skipMails(who)
	c.post(at, form).is(200)
	form.Set("step-up-code", asked())
	c.post(at, form).is(307)
	c.post("/account", form).is(303)

	c = p.session(who) // another browser, which has asked for no code lately
	kept.keep(c.cookie)
	c.proved(past)
	p.skipMails(who)
	c.post("/v1/sign-in-codes", m{"email": who}).is(202)
	code := asked()
	c.post("/v1/sessions/current/step-up", m{"code": code}).is(200)
	c.post("/v1/sessions/current/step-up", m{"code": code}).is(422)
}
