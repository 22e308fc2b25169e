package apitest_test

import (
	"net/url"
	"testing"
	"time"
)

// portalAppJob is the part of the whole job in which an agency installs Client Portal, sets it up, takes it away, and makes an
// external user a member.
func portalAppJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	o, made := p.signUp("founder@app.example", "Portal Apps")
	p.onMax(made.ID)
	k := o.key("app", "roles:read", "roles:write")
	kept.keep(o.cookie, k.Secret)
	for _, call := range []func(*caller) *answer{
		func(c *caller) *answer { return c.put("/v1/portal-app", nil) },
		func(c *caller) *answer { return c.get("/v1/portal-app") },
		func(c *caller) *answer { return c.patch("/v1/portal-app", m{"employeesInvite": true}) },
		func(c *caller) *answer { return c.patch("/v1/portal-app", m{"timeZone": "Europe/Berlin"}) },
	} {
		p.advance(61 * time.Minute) // the key's use is noted when the hour is new
		call(p.program(k.Secret)).is(200)
		call(o).is(200)
	}
	o.delete("/v1/portal-app").is(204)
	o.get("/marketplace").is(200)
	o.post("/marketplace", do("install", url.Values{})).is(303)
	o.post("/marketplace", do("uninstall", url.Values{})).is(303)
	o.post("/marketplace", do("install", url.Values{})).is(303)
	dana := o.add("dana@app.example", "employee")
	o.post("/marketplace", do("right", url.Values{"member": {dana.ID}, "portalRight": {"denied"}})).is(303)
	for _, path := range []string{"/settings/client-portal", "/client-portal/settings"} {
		o.get(path).is(200)
		o.post(path, do("save", url.Values{"timeZone": {"UTC"}, "employeesInvite": {"yes"}})).is(303)
		o.post(path, do("save", url.Values{"timeZone": {"Asia/Tokyo"}})).is(303)
	}
	i := o.invite("ops@app.example")
	guest := p.accept("ops@app.example")
	kept.keep(guest.cookie)
	guest.asksByLink(o)
	o.post("/v1/clients/"+i.ClientID+"/make-internal", nil).is(201)
}
