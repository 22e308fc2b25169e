package apitest_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestFS6TheCodePageCanBeLoadedAgain: the page that asks for the code has an address of its own, which mails nothing however
// often it is loaded, and the code that is out goes on working.
func TestFS6TheCodePageCanBeLoadedAgain(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	for path, form := range map[string]url.Values{
		"/sign-in": {"email": {p.address("in")}}, "/sign-up": {"email": {p.address("up")}, "name": {"Fresh " + p.run}}, "/i/" + secret: {},
	} {
		to := form.Get("email")
		if to == "" {
			to = i.Email
		}
		c := p.nobody()
		before := len(p.mails(to))
		asks := c.post(path, do(map[bool]string{true: "sign-up", false: "code"}[path == "/sign-up"], form)).is(303).header.Get("Location")
		right := p.nextCode(to)
		for range 5 { // loaded again, gone back to, and opened anew after the phone has dropped the tab
			if a := c.get(asks).is(200); !strings.Contains(string(a.body), `name="code"`) {
				t.Errorf("%s does not ask for the code", asks)
			}
			c.get(path).is(200)
		}
		form.Set("code", swapLast(right))
		form.Set("step", "code")
		act := map[string]string{"/sign-in": "sign-in", "/sign-up": "sign-up"}[path]
		if act == "" {
			act = "accept"
		}
		c.post(path, do(act, form)).is(422)
		c.get(asks).is(200)
		if n := len(p.mails(to)) - before; n != 1 {
			t.Errorf("%s mailed %d codes, want one", path, n)
		}
		form.Set("code", right)
		if a := c.post(path, do(act, form)).is(303); a.session() == "" {
			t.Errorf("%s: the code that was mailed first does not sign in", path)
		}
	}
}

// TestFS1ACodeBelongsToWhoAskedForIt is about programs, which carry the flow themselves, and browsers, which have a cookie.
func TestFS1ACodeBelongsToWhoAskedForIt(t *testing.T) {
	p := start(t)
	to := p.address("anna")
	var asked struct{ Flow string }
	program := func(body m) *answer { return p.nobody().post("/v1/sessions", body) }
	p.nobody().post("/v1/sign-in-codes", m{"email": to}).is(202).into(&asked)
	right := p.nextCode(to)
	var strange struct{ Flow string }
	stranger := p.nobody()
	stranger.post("/v1/sign-in-codes", m{"email": to}).is(202).into(&strange)
	p.nextMail(to)

	// The right code is of no use without its flow, with another one, or for another address.
	if f := program(m{"email": to, "code": right}).fails(422, "invalid"); f.at("flow") == "" {
		t.Errorf("without a flow: %+v", f)
	}
	program(m{"email": to, "code": right, "flow": "s1.made.up"}).fails(422, "invalid")
	program(m{"email": p.address("bob"), "code": right, "flow": asked.Flow}).fails(422, "invalid")
	for range 8 { // a stranger's guesses use up the stranger's own code alone
		stranger.post("/v1/sessions", m{"email": to, "code": right}).fails(422, "wrong_code")
	}
	stranger.post("/sign-in", do("sign-in", url.Values{"email": {to}, "code": {right}})).is(422)
	p.nobody().post("/sign-in", do("sign-in", url.Values{"email": {to}, "code": {right}})).is(422).
		shows("Enter the code in the browser where you asked for it")
	a := program(m{"email": to, "code": right, "flow": asked.Flow}).is(201)
	guarded(t, a)
	program(m{"email": to, "code": right, "flow": asked.Flow}).fails(422, "wrong_code") // once
}

// TestFS1TheStrangersSumIsSaid: who is told that no code is left learns when there will be; a browser that has signed in
// before and the holder of an invitation's link are not in that sum.
func TestFS1TheStrangersSumIsSaid(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	to := i.Email
	home := p.nobody()
	home.post("/i/"+secret, do("code", nil)).is(303)
	home.post("/sign-in", do("sign-in", url.Values{"email": {to}, "code": {p.nextCode(to)}})).is(303)
	for n := range 10 {
		p.nobody().post("/v1/sign-in-codes", m{"email": to}).is(202)
		if n == 4 {
			p.skipCodes(to, 6)          // one that is late is not mailed any more
			p.advance(10 * time.Minute) // for the network's own limit
		}
	}
	a := p.nobody().post("/v1/sign-in-codes", m{"email": to})
	f := a.fails(429, "rate_limited")
	after := a.limited(`"codes";q=10;w=3600`)
	if after > time.Hour || !strings.Contains(f.Detail, "Try again in ") {
		t.Errorf("after %s: %s", after, f.Detail)
	}
	end := p.now().Add(after).UTC()
	page := p.nobody().post("/sign-in", do("code", url.Values{"email": {to}})).is(429).
		shows("Too many sign-in codes were requested for this address. Try again in").hides(`name="code"`)
	said := regexp.MustCompile(`, at (\d\d:\d\d) UTC`).FindStringSubmatch(page.text())
	// A minute that has begun is counted whole, and one may begin meanwhile.
	if soon := end.Add(time.Minute); said == nil || said[1] != end.Format("15:04") && said[1] != soon.Format("15:04") {
		t.Errorf("it ends at %s, and the page says %q", end, said)
	}
	for range 5 {
		p.advance(21 * time.Second)
		home.post("/sign-in", do("code", url.Values{"email": {to}})).is(303)
	}
	p.advance(21 * time.Second)
	home.post("/sign-in", do("code", url.Values{"email": {to}})).is(429)
	link := p.nobody()
	link.post("/i/"+secret, do("code", nil)).is(303)
	p.skipCodes(to, 17) // 1 by the link, 10 for strangers, 5 in the known browser, 1 more by the link
	p.advance(21 * time.Second)
	link.post("/i/"+secret, do("code", nil)).is(303)
	link.post("/i/"+secret, do("accept", url.Values{"code": {p.nextCode(to)}})).is(303)
}

// TestFS1AProgramAsksAsTheHolderOfALink: with the secret of an open invitation to the address it has codes of its own. Any other
// secret counts for nothing, and the answer does not tell which it was.
func TestFS1AProgramAsksAsTheHolderOfALink(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	j := o.invite(p.address("pat"))
	foreign := p.nextToken(j.Email)
	for n := range 10 {
		p.nobody().post("/v1/sign-in-codes", m{"email": i.Email}).is(202)
		if n == 4 {
			p.skipCodes(i.Email, 5)     // one that is late is not mailed any more
			p.advance(10 * time.Minute) // for the network's own limit
		}
	}
	p.skipCodes(i.Email, 10)
	for _, none := range []string{"", "lki_none", foreign, swapLast(secret), o.agencyOf(), strings.Repeat("x", 400)} {
		p.nobody().post("/v1/sign-in-codes", m{"email": i.Email, "invitation": none}).fails(429, "rate_limited")
	}
	p.nobody().post("/v1/sign-in-codes", m{"email": i.Email, "invitation": strings.Repeat("x", 401)}).fails(422, "invalid")
	p.advance(10 * time.Minute)
	var asked struct{ Flow string }
	p.nobody().post("/v1/sign-in-codes", m{"email": strings.ToUpper(i.Email), "invitation": secret}).is(202).into(&asked)
	p.nobody().post("/v1/sessions", m{"email": i.Email, "code": p.nextCode(i.Email), "flow": asked.Flow}).is(201)
	for range 4 {
		p.nobody().post("/v1/sign-in-codes", m{"email": i.Email, "invitation": secret}).is(202)
	}
	p.nobody().post("/v1/sign-in-codes", m{"email": i.Email, "invitation": secret}).fails(429, "rate_limited")
	// One for another address is asked for as by anybody.
	p.nobody().post("/v1/sign-in-codes", m{"email": p.address("new"), "invitation": secret}).is(202)
	o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200)
	p.nobody().post("/v1/sign-in-codes", m{"email": i.Email, "invitation": secret}).fails(429, "rate_limited")
}
