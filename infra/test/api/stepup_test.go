package apitest_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/identity"
)

// inside are the operations of which the use case alone knows who may, and asks for the step-up then:
// [TestSenderO8NobodyStepsUpForWhatIsNotThere] does.
var inside = map[string]bool{"startCheckout": true, "openBillingPortal": true, "proposePortalPayerChange": true,
	"agreePortalPayerChange": true, "proposePayerChange": true, "agreePayerChange": true, "eraseClient": true, "makeInternal": true}

// TestSenderO8WhatIsWorthStealingABrowserForTakesAStepUp asks for each of it with a sign-in of a while ago, and as a key.
func TestSenderO8WhatIsWorthStealingABrowserForTakesAStepUp(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := start(t)
	o := p.shareOwner("steps")
	k := o.key("all", "invites:read", "invites:write", "clients:read", "clients:write", "resources:read", "resources:write",
		"activity:read", "agency:read", "agency:write", "contacts:read", "contacts:write", "roles:read", "roles:write", "sender:write",
		"webhooks:read", "webhooks:write")
	p.advance(identity.StepUpLasts + time.Second)
	o.strict = true
	n := 0
	for at, op := range p.documented() {
		if !strings.HasSuffix(op.Who, ", stepped up") {
			continue
		}
		n++
		method, _, _ := strings.Cut(at, " ")
		if a := o.send(op, method, concrete(op.path)); !inside[op.OperationID] {
			a.fails(403, "step_up_required")
		} else if a.status != 404 && a.status != 422 {
			t.Errorf("%s of what is not there: %d %s", op.OperationID, a.status, a.body)
		}
		program := p.program(k.Secret).send(op, method, concrete(op.path))
		closed := !strings.Contains(op.Who, "sender:write") && !strings.Contains(op.Who, "webhooks:write")
		if closed != program.stepsUp() || closed &&
			!strings.Contains(string(program.body), "Sign in with a browser") {
			t.Errorf("%s of a key: %d %s", op.OperationID, program.status, program.body)
		}
	}
	if n < 15 {
		t.Errorf("only %d operations take a step-up", n)
	}
	for path, all := range map[string][]string{"/settings/members": {"add", "change", "remove"}, "/settings/keys": {"create", "revoke"},
		"/settings/agency": {"delete"}, "/account": {"erase"}} {
		for _, x := range all {
			a := o.post(path, do(x, url.Values{"email": {"kim@northwind.example"}})).is(307)
			a.has("Location", "/step-up?"+url.Values{"to": {path}}.Encode())
		}
	}
	o.post("/upgrade/start", url.Values{"interval": {"month"}}).is(307).has("Location", "/step-up?to=%2Fupgrade%2Fstart")
}

// TestSenderO8AFormGoesOnWhereItWas walks through the page with what was typed.
func TestSenderO8AFormGoesOnWhereItWas(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := start(t)
	o := p.ownerOnMax("goes-on")
	o.strict = true
	p.advance(identity.StepUpLasts + time.Second)
	typed := do("add", url.Values{"email": {p.address("kim")}, "name": {`Kim "K" & Söhne`}, "level": {"admin"}})
	at := o.post("/settings/members", typed).is(307).header.Get("Location")
	who := o.sessionEmail()
	p.skipCodes(who, 0)
	o.post(at, typed).is(200).shows("Confirm it's you", who).
		holds(`name="name" value="Kim &#34;K&#34; &amp; Söhne"`, `name="level" value="admin"`)
	o.post(at, typed).is(200) // loaded again, and no second mail
	code := p.nextCode(who)
	with := func(more url.Values) url.Values {
		all := url.Values{}
		for _, of := range []url.Values{typed, more} {
			for name, values := range of {
				all[name] = values
			}
		}
		return all
	}
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	o.post(at, with(url.Values{"step-up-code": {wrong}})).is(422).shows("isn't right").holds(`name="level" value="admin"`)
	o.post(at, with(url.Values{"step-up-code": {code}})).is(307).has("Location", "/settings/members")
	o.post("/settings/members", with(url.Values{"step-up-code": {code}})).is(303)
	if all := o.colleagues(); len(all) != 2 {
		t.Errorf("there are %+v", all)
	}
	o.post(at, typed).is(307).has("Location", "/settings/members") // it has stepped up already
	o.get("/step-up?to=%2Fsettings%2Fkeys").is(303).has("Location", "/settings/keys")
	p.advance(identity.StepUpLasts + time.Second)
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", "evil",
		"/step-up", ""} {
		o.post("/step-up?"+url.Values{"to": {elsewhere}}.Encode(), typed).is(400)
		o.get("/step-up?" + url.Values{"to": {elsewhere}}.Encode()).is(200).hides("evil")
	}
	p.nobody().get("/step-up?to=%2Faccount").is(303)
	o.post("/step-up?to=%2Faccount", typed, "Sec-Fetch-Site", "cross-site").is(403)
}

// TestSenderO8AProgramStepsUpByTheSession does so by the API.
func TestSenderO8AProgramStepsUpByTheSession(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := start(t)
	o := p.ownerOnMax("by-api")
	o.strict = true
	who := o.sessionEmail()
	p.advance(identity.StepUpLasts + time.Second)
	p.session(email.Address(who)).post("/v1/sessions/current/step-up", m{"code": "123456"}).fails(422, "invalid") // no code was asked for
	p.skipCodes(who, 0)
	var asked struct{ Flow string }
	o.post("/v1/sign-in-codes", m{"email": who}).is(202).into(&asked)
	code := p.nextCode(who)
	other := p.signIn(p.address("other"))
	other.post("/v1/sessions/current/step-up", m{"code": code, "flow": asked.Flow}).fails(422, "invalid") // the flow is of another address
	o.post("/v1/api-keys", m{"name": "a", "scopes": []string{"invites:read"}}).fails(403, "step_up_required")
	var all sync.WaitGroup
	for range 32 { // a code is good once, and a network may not guess much oftener
		all.Go(func() { o.post("/v1/sessions/current/step-up", m{"code": code, "flow": asked.Flow}) })
	}
	all.Wait()
	o.post("/v1/sessions/current/step-up", m{"code": code, "flow": asked.Flow}).fails(422, "wrong_code")
	var me struct{ SignedInAt, ProvedAt time.Time }
	o.get("/v1/sessions/current").is(200).into(&me)
	if me.ProvedAt.Sub(me.SignedInAt) < identity.StepUpLasts {
		t.Errorf("%+v", me)
	}
	o.post("/v1/api-keys", m{"name": "a", "scopes": []string{"invites:read"}}).is(201)
	p.program(o.key("b", "invites:read").Secret).post("/v1/sessions/current/step-up", m{"code": code}).fails(401, "unauthenticated")
}

// sessionEmail is the address that is signed in.
func (c *caller) sessionEmail() string {
	c.t.Helper()
	var who struct{ Email string }
	c.get("/v1/sessions/current").is(200).into(&who)
	return who.Email
}
