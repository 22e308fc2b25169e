package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/infra/run/provider"
	"latchkey.dev/shared/domain/identity"
)

// away goes from the page that takes a step-up to the provider, and is what the provider is asked.
func (c *caller) away(at string, typed url.Values) *url.URL {
	c.t.Helper()
	to := c.post(at, both(typed, url.Values{"step-up-with": {"issuer"}, "step-up-posts": {"1"}})).to("/sign-in/with/issuer?step-up=…")
	asked, err := url.Parse(c.get(to.header.Get("Location"), "Sec-Fetch-Site", "same-origin").is(303).header.Get("Location"))
	if err != nil {
		c.t.Fatal(err)
	}
	return asked
}

// both are the fields of both forms.
func both(a, b url.Values) url.Values {
	all := url.Values{}
	for _, of := range []url.Values{a, b} {
		for name, values := range of {
			all[name] = values
		}
	}
	return all
}

// TestSenderO8AProviderStepsUp goes to the provider and back with a form that has a password in it.
func TestSenderO8AProviderStepsUp(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	o := p.signIn(owner)
	o.get("/step-up?to=%2Faccount").is(303)
	p.nobody().from(s, "issuer", elsewhere("1", owner), "").to("/")
	before := o.proof()
	o.strict = true
	p.advance(identity.StepUpLasts + time.Second)

	const path = "/settings/members"
	secret := "hunter2 & <b> \xff ü"
	typed := do("add", url.Values{"email": {"kim@northwind.example"}, "name": {`Kim "Kit" Ørsted`}, "level": {"admin"},
		"secret": {secret, "and another"}})
	at := o.post(path, typed).is(307).header.Get("Location")
	o.post(at, typed).is(200).shows("Confirm it's you", "Confirm with Local provider")
	asked := o.away(at, typed)
	q := asked.Query()
	if q.Get("prompt") != "login" || q.Get("max_age") != "0" || !strings.Contains(q.Get("claims"), "auth_time") {
		t.Errorf("the provider is asked %s", asked)
	}
	if kept := p.keptForms(o); len(kept) != 1 || strings.Contains(strings.Join(kept, " "), "hunter2") {
		t.Errorf("kept are %q", kept)
	}
	p.advance(time.Minute)
	back := o.get(back(s, "issuer", elsewhere("1", owner), asked)).to("/step-up?kept=…").header.Get("Location")
	after, passed := o.proof(), identity.StepUpLasts+time.Second+time.Minute
	if !after.SignedInAt.Equal(p.after(passed, before.SignedInAt)) ||
		after.ProvedAt.Sub(p.after(passed, before.ProvedAt)) < identity.StepUpLasts {
		t.Errorf("before %+v, after %+v", before, after)
	}
	for range 2 { // looking changes nothing
		o.get(back).is(200).shows("Thanks, it's you", "Continue").
			holds(`name="email" value="kim@northwind.example"`, `name="name" value="Kim &#34;Kit&#34; Ørsted"`, `value="and another"`,
				"data-goes-on")
	}
	p.signIn(owner).get(back).is(404).shows("we no longer have what you typed") // another session of the same person
	p.signIn(p.address("other")).get(back).is(404)
	which := strings.TrimPrefix(back, "/step-up?kept=")
	o.post(at, both(typed, url.Values{"step-up-posts": {"1"}, "step-up-kept": {which}})).is(307).has("Location", path)
	o.get(back).is(404) // used
	if kept := p.keptForms(o); len(kept) != 0 {
		t.Errorf("kept are still %q", kept)
	}
	o.post(path, typed).is(303)
}

// TestSenderO8WhichAnswersOfAProviderStepNobodyUp: each leads back to the page, with the form and another way on.
func TestSenderO8WhichAnswersOfAProviderStepNobodyUp(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	o := p.signIn(owner)
	p.nobody().from(s, "issuer", elsewhere("1", owner), "").to("/")
	other := p.address("other")
	p.signIn(other)
	p.nobody().from(s, "issuer", elsewhere("2", other), "").to("/")
	o.strict = true
	p.advance(identity.StepUpLasts + time.Second)
	typed := do("add", url.Values{"email": {"kim@northwind.example"}, "level": {"admin"}})
	at := o.post("/settings/members", typed).is(307).header.Get("Location")
	account := func(change func(a *provider.Account)) provider.Account {
		a := elsewhere("1", owner)
		change(&a)
		return a
	}
	now := p.now()
	for name, c := range map[string]struct {
		account provider.Account
		words   string
	}{
		"without auth_time": {account(func(a *provider.Account) { a.Untold = true }),
			"didn't confirm that you signed in just now. Get a code by email"},
		"before the request":      {account(func(a *provider.Account) { a.At = now.Add(-61 * time.Second) }), "didn't confirm"},
		"long ago":                {account(func(a *provider.Account) { a.At = now.Add(-11 * time.Minute) }), "didn't confirm"},
		"in the future":           {account(func(a *provider.Account) { a.At = now.Add(time.Hour) }), "didn't confirm"},
		"an account of nobody":    {account(func(a *provider.Account) { a.Subject = "3" }), "isn't the one you sign in here with"},
		"an account of another's": {elsewhere("2", owner), "isn't the one you sign in here with"},
	} {
		where := o.get(back(s, "issuer", c.account, o.away(at, typed))).to("/step-up?kept=…").header.Get("Location")
		o.get(where).is(200).shows("Confirm it's you", "Email me a code", c.words).
			holds(`name="level" value="admin"`, `name="step-up-kept"`)
		if o.post("/settings/members", typed); o.cookie == "" {
			t.Fatal(name)
		}
		o.post("/v1/api-keys", m{"name": "a", "scopes": []string{"invites:read"}}).fails(403, "step_up_required")
	}
	// Somebody cancels, the provider is dead, or says what cannot be relied on.
	asked := o.away(at, typed)
	canceled := o.get("/sign-in/from/issuer?error=access_denied&state=" + asked.Query().Get("state")).to("/step-up?kept=…")
	o.get(canceled.header.Get("Location")).is(200).shows("You didn't finish at Local provider").holds(`name="level" value="admin"`)
	s.Claim(func(c map[string]any) { c["nonce"] = "another" })
	o.get(o.get(back(s, "issuer", elsewhere("1", owner), o.away(at, typed))).is(303).header.Get("Location")).is(200).
		shows("We couldn't check what Local provider sent us")
	s.Claim(nil)
	asked = o.away(at, typed)
	s.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	o.get(o.get(back(s, "issuer", elsewhere("1", owner), asked)).is(303).header.Get("Location")).is(200).shows("isn't answering right now")
	s.Fail(nil)

	// The answer is for the session that asked, in the browser that asked, once, for ten minutes.
	asked = o.away(at, typed)
	path := back(s, "issuer", elsewhere("1", owner), asked)
	jar := o.jar["__Host-errand"]
	twin := p.signIn(owner)
	twin.keep([]*http.Cookie{{Name: "__Host-errand", Value: jar}})
	twin.strict = true
	twin.get(path).to("/step-up?kept=…")
	o.keep([]*http.Cookie{{Name: "__Host-errand", Value: jar}})
	o.get(path).is(400)
	late := back(s, "issuer", elsewhere("1", owner), o.away(at, typed))
	if p.moves() { // what the browser keeps of an errand can't be made older
		p.advance(10*time.Minute + time.Second)
		o.get(late).is(400)
	} else {
		p.advance(10*time.Minute + time.Second)
	}
	o.post("/v1/api-keys", m{"name": "a", "scopes": []string{"invites:read"}}).fails(403, "step_up_required")

	// It is begun from our own pages by somebody who is signed in.
	o.get("/sign-in/with/issuer?step-up=x", "Sec-Fetch-Site", "cross-site").is(403)
	p.nobody().get("/sign-in/with/issuer?step-up=x", "Sec-Fetch-Site", "same-origin").is(401)
	// Nobody is offered a provider at which they have no account.
	o.get("/step-up?to=%2Faccount").is(200).shows("Confirm with Local provider")
	stranger := p.signIn(p.address("stranger"))
	stranger.strict = true
	p.advance(identity.StepUpLasts + time.Second)
	stranger.get("/step-up?to=%2Faccount").is(200).hides("Confirm with")
}

// TestSenderO8WhatIsKeptOfAFormIsBounded in bytes, number and time.
func TestSenderO8WhatIsKeptOfAFormIsBounded(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	o := p.signIn(owner)
	p.nobody().from(s, "issuer", elsewhere("1", owner), "").to("/")
	o.strict = true
	p.advance(identity.StepUpLasts + time.Second)
	const at = "/step-up?to=%2Fsettings%2Fmembers"
	large := do("add", url.Values{"name": {strings.Repeat("a", identity.MaxForm)}, "step-up-with": {"issuer"}, "step-up-posts": {"1"}})
	o.post(at, large).is(413).shows("too long to keep", "Email me a code")
	small := do("add", url.Values{"name": {"a"}, "step-up-with": {"issuer"}, "step-up-posts": {"1"}})
	path := o.post(at, small).is(303).header.Get("Location")
	for range identity.MaxForms - 1 {
		o.post(at, small).is(303)
	}
	o.post(at, small).is(429).shows("Use a sign-in code").holds(`name="name" value="a"`)
	which := strings.TrimPrefix(path, "/sign-in/with/issuer?step-up=")
	o.get("/step-up?kept=" + which).is(200)
	p.advance(identity.FormFor + time.Second)
	o.get("/step-up?kept=" + which).is(404)
	o.get("/step-up?kept=nonsense").is(404)

	// Where nothing was typed it goes straight on.
	asked := o.post("/step-up?to=%2Fsettings%2Fkeys", url.Values{"step-up-with": {"issuer"}}).is(303).header.Get("Location")
	to, err := url.Parse(o.get(asked, "Sec-Fetch-Site", "same-origin").is(303).header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	o.get(o.get(back(s, "issuer", elsewhere("1", owner), to)).is(303).header.Get("Location")).to("/settings/keys")
}

// Who comes back from a provider comes from another site, whatever of ours it is led through: what is begun from our own pages alone,
// such as connecting an account, goes on from one of them.
func TestSenderO8WhatIsBegunFromOurOwnPagesGoesOnAfterAProvider(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	o := p.signIn(owner)
	p.nobody().from(s, "issuer", elsewhere("1", owner), "").to("/")
	o.strict = true
	p.advance(identity.StepUpLasts + time.Second)
	const connect = "/sign-in/with/issuer?link=1"
	ours, theirs := []string{"Sec-Fetch-Site", "same-origin"}, []string{"Sec-Fetch-Site", "cross-site"}
	at := o.get(connect, ours...).is(303).header.Get("Location")
	asked := o.post(at, url.Values{"step-up-with": {"issuer"}}).is(303).header.Get("Location")
	to, err := url.Parse(o.get(asked, ours...).is(303).header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	kept := o.get(back(s, "issuer", elsewhere("1", owner), to), theirs...).to("/step-up?kept=…").header.Get("Location")
	o.get(kept, theirs...).is(200).shows("Thanks, it's you", "Continue")
	o.post(at, url.Values{"step-up-kept": {strings.TrimPrefix(kept, "/step-up?kept=")}}).to(connect)
	o.get(connect, ours...).is(303)
	o.get(kept).is(404)
}

// keptForms is what is kept of forms of the caller's, as it is stored.
func (p *product) keptForms(c *caller) []string {
	p.t.Helper()
	user, _, err := identity.LocateSession(c.cookie)
	if err != nil {
		p.t.Fatal(err)
	}
	var all []string
	for _, i := range p.items("us#" + string(user)) {
		if sk, ok := i["sk"].(*types.AttributeValueMemberS); ok && strings.HasPrefix(sk.Value, "form#") {
			all = append(all, i["sealed"].(*types.AttributeValueMemberS).Value)
		}
	}
	return all
}
