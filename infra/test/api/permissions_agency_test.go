package apitest_test

import (
	"image/color"
	"net/url"
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
)

// agencyJob is the part of the whole job that an agency does for itself: from its sign-up to its end, by the API and by
// the pages.
func agencyJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	// An agency by the API, and by the pages, where the person is signed in already.
	c, made := p.signUp("founder@agency.example", "Acme Automations")
	kept.keep(c.cookie, code(t, p.mails("founder@agency.example")[0]))
	c.cookie = c.post("/v1/agencies", m{"name": "Acme Labs"}, "Idempotency-Key", "labs").is(201).session()
	kept.keep(c.cookie)
	c.get("/sign-up").is(200)
	n := p.nobody()
	n.post("/sign-up", url.Values{"name": {"Bluefin"}, "email": {"other@agency.example"}}).is(303)
	secret := p.nextCode("other@agency.example")
	n.cookie = n.post("/sign-up",
		url.Values{"name": {"Bluefin"}, "email": {"other@agency.example"}, "step": {"code"}, "code": {secret}}).is(303).session()
	kept.keep(n.cookie, secret)
	c.get("/agencies").is(200)
	c.cookie = c.post("/agencies", url.Values{"agency": {made.ID}}).is(303).session()
	kept.keep(c.cookie)

	// What it looks like.
	k := c.key("brand", "agency:read", "agency:write")
	kept.keep(k.Secret)
	for _, call := range []func(*caller) *answer{
		func(c *caller) *answer { return c.get("/v1/agency") },
		func(c *caller) *answer { return c.get("/v1/members") },
		func(c *caller) *answer { return c.do("PATCH", "/v1/agency/branding", m{"color": "#335577"}) },
		func(c *caller) *answer {
			return c.do("PUT", "/v1/agency/logo", raw(picture(20, 20, color.NRGBA{9, 9, 9, 255})), "Content-Type", "image/png")
		},
	} {
		p.advance(61 * time.Minute) // the key's use is noted when the hour is new
		call(p.program(k.Secret)).is(200)
		call(c).is(200)
	}
	a, _ := c.agency()
	p.nobody().get(a.LogoURL).is(200)
	for _, path := range []string{"/settings", "/settings/members", "/settings/keys", "/settings/agency", "/upgrade"} {
		c.get(path).is(200)
	}
	body, kind := multipartForm(t, map[string]string{"name": "Acme", "color": "#123456", "revision": "2"},
		picture(30, 30, color.NRGBA{90, 9, 9, 255}))
	c.post("/settings", body, "Content-Type", kind).is(303)

	// Who works there.
	dana := c.add("dana@agency.example", "admin")
	p.nextMail(dana.Email)
	c.do("PATCH", "/v1/members/"+dana.ID, m{"level": "owner"}).is(200)
	for _, path := range []string{"/v1/members", "/v1/agencies"} {
		p.advance(61 * time.Minute)
		p.program(k.Secret).post(path, m{"email": "x@agency.example", "level": "admin", "name": "x"})
	}
	for _, call := range []func(*caller) *answer{
		func(c *caller) *answer { return c.do("PATCH", "/v1/members/"+dana.ID, m{}) },
		func(c *caller) *answer { return c.delete("/v1/members/" + dana.ID) },
		func(c *caller) *answer { return c.do("DELETE", "/v1/agency", m{"name": "x"}) },
	} {
		p.advance(61 * time.Minute)
		call(p.program(k.Secret)).is(403)
	}
	c.delete("/v1/members/" + dana.ID).is(204)
	c.post("/settings/members", url.Values{"do": {"add"}, "email": {"eve@throttle.example"}, "level": {"admin"}}).is(303)
	p.advance(2 * time.Minute)
	p.nextMail("eve@throttle.example")
	eve := c.colleagues()[1]
	c.post("/settings/members", url.Values{"do": {"change"}, "member": {eve.ID}, "level": {"owner"}}).is(303)
	c.post("/settings/members", url.Values{"do": {"remove"}, "member": {eve.ID}}).is(303)
	c.add("frank@slow.example", "admin")
	p.advance(4 * time.Minute)
	p.nextMail("frank@slow.example")
	c.post("/settings/keys", url.Values{"do": {"create"}, "name": {"CRM"}, "scope": {"clients:read"}}).is(200)
	c.post("/settings/keys", url.Values{"do": {"revoke"}, "id": {k.ID}}).is(303)

	// An agency that somebody has just paid does not end, by neither way.
	for name, end := range map[string]func(c *caller, name string){
		"Late Labs":  func(c *caller, name string) { c.do("DELETE", "/v1/agency", m{"name": name}).is(409) },
		"Later Labs": func(c *caller, name string) { c.post("/settings/agency", url.Values{"name": {name}}).is(409) },
	} {
		address := strings.ToLower(strings.Fields(name)[0])
		late, third := p.signUp(address+"@agency.example", name)
		kept.keep(late.cookie, p.newestCode(address+"@agency.example"))
		p.onMax(third.ID)
		_, secret, payer := late.paying("pays-" + address + "@client.example")
		kept.keep(secret, payer.cookie)
		var page checkout
		payer.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
		p.webhooks(standin.Plan{Hold: true})
		p.pay(page.URL, "pay")
		end(late, name)
		p.webhooks(standin.Plan{})
		payer.joins(third.ID)
	}

	// The ends: one by the API, one by the page.
	c = p.signIn("founder@agency.example")
	kept.keep(c.cookie)
	c.post("/settings/agency", url.Values{"name": {"x"}}).is(422)
	c.post("/settings/agency", url.Values{"name": {"Acme"}}).is(303)
	n = p.signIn("other@agency.example")
	kept.keep(n.cookie)
	n.do("DELETE", "/v1/agency", m{"name": "Bluefin"}).is(204)
	p.advance(2 * time.Minute)
	p.advance(2 * time.Hour)
}
