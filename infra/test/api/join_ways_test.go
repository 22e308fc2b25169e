package apitest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/provider"
)

// TestSenderO7JoiningByAnAccountElsewhere: who holds a link that works may come in by an account at a provider as by a code.
func TestSenderO7JoiningByAnAccountElsewhere(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	o := p.shareOwner("ways")
	at := "/join/" + o.share(m{}).token()

	// The provider's word is enough: nobody mails anything, the address is the provider's, and what was typed comes along.
	to := p.address("sure")
	c := p.nobody()
	c.get(at).is(200).shows("Continue with Local provider").holds(`autocomplete="username webauthn"`, `data-passkey="sign-in"`)
	name := "Dana Ökafor & Sons"
	next := at + "?" + url.Values{"name": {name}}.Encode()
	c.post(at, do("code", url.Values{"email": {"another@client.example"}, "name": {name}, "by": {"issuer"}})).
		to("/sign-in/with/issuer?next=" + url.QueryEscape(next))
	c.from(s, "issuer", elsewhere("1", to), next).to(next)
	c.get(next).is(200).shows("Signed in as " + to).holds(`value="Dana Ökafor &amp; Sons"`)
	c.post(at, do("join", url.Values{"name": {name}})).is(303)
	c.get("/portal").is(200)
	if n := len(p.mails(to)); n != 0 {
		t.Errorf("%d mails went out", n)
	}
	o.get("/v1/clients").is(200).shows(`"name":"Dana Ökafor & Sons"`)

	// It is not: the code goes to the address that the provider tells, and connects the account, also the second one.
	for subject, a := range map[string]provider.Account{"2": {Email: p.address("unsure")},
		"3": {Email: "foreign-" + p.run + "@other.example", Verified: true}} {
		a.Subject = subject
		c = p.nobody()
		where := c.from(s, "issuer", a, next).to(at + "?…").header.Get("Location")
		if c.cookie != "" {
			t.Fatal("an address that nobody has verified comes in")
		}
		c.get(where).is(200).shows("We check this address once", a.Email).
			holds(`name="with" value="issuer"`, `value="Dana Ökafor &amp; Sons"`)
		p.nextCode(a.Email)
		p.advance(21 * time.Second)
		c.post(at, do("code", url.Values{"email": {a.Email}, "name": {name}, "again": {"1"}, "with": {"issuer"}})).is(303)
		form := url.Values{"email": {a.Email}, "name": {name}, "code": {p.nextCode(a.Email)}}
		if c.cookie = c.post(at, do("join", form)).is(303).session(); c.who() != a.Email {
			t.Errorf("it came in as %q", c.who())
		}
		c = p.nobody()
		if c.from(s, "issuer", provider.Account{Subject: subject}, "").to("/"); c.who() != a.Email {
			t.Errorf("the account signs in %q", c.who())
		}
	}

	// What does not come back as it should leads back to the page, with what was typed.
	c = p.nobody()
	asked := c.with("issuer", next)
	where := c.get("/sign-in/from/issuer?error=access_denied&state=" + asked.Query().Get("state")).to(at + "?…").header.Get("Location")
	c.get(where).is(200).shows("You didn't finish signing in with Local provider").holds(`value="Dana Ökafor &amp; Sons"`)
	// Somebody known at the provider already signs in as who they are, whatever they typed.
	c = p.nobody()
	c.from(s, "issuer", provider.Account{Subject: "1"}, at).to(at)
	c.get(at).is(200).shows("already joined", to)
}

// TestSenderO10OnlyALinkThatWorksLetsAStrangerIn: a dead one makes no account, and is no way to one elsewhere.
func TestSenderO10OnlyALinkThatWorksLetsAStrangerIn(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	o := p.shareOwner("dead-ways")
	l := o.share(m{})
	at := "/join/" + l.token()
	c := p.nobody()
	path := back(s, "issuer", elsewhere("1", p.address("late")), c.with("issuer", at))
	o.post("/v1/share-links/"+l.ID+"/disable", nil).is(200)
	where := c.get(path).is(303).header.Get("Location")
	if c.who() != "" {
		t.Error("a dead link signs somebody in")
	}
	c.get(where).is(410)
	c = p.nobody()
	c.from(s, "issuer", elsewhere("2", p.address("other")), "").to("/sign-in?problem=nobody&with=issuer")
	for _, next := range []string{"/join/lks_nonsense", "/join/", "//join/x", at + "/../../account", "/join/" + strings.Repeat("a", 400)} {
		c = p.nobody()
		c.from(s, "issuer", elsewhere("3", p.address("third")), next).to("/sign-in?problem=nobody&with=issuer")
	}
	// A name that is too long to go along is left behind.
	long := at + "?name=" + strings.Repeat("n", 700)
	c = p.nobody()
	c.from(s, "issuer", elsewhere("4", p.address("long")), long).to(at + "?…")
}

// TestSenderP3JoiningByAPasskey: who has one signs in with it on the link's page, and joins.
func TestSenderP3JoiningByAPasskey(t *testing.T) {
	p := start(t)
	o := p.shareOwner("passkey-ways")
	at := "/join/" + o.share(m{}).token()
	to := p.address("with-passkey")
	d := newDevice()
	p.signIn(to).register(d)
	phone := p.nobody()
	phone.get(at).is(200).holds(`data-passkey="sign-in" data-next="` + at + `"`)
	phone.cookie = phone.answers(d, phone.asked()).is(201).session()
	phone.get(at).is(200).shows("Signed in as " + to)
	phone.post(at, do("join", nil)).is(303)
	phone.get("/portal").is(200)
}

// TestSenderP7ACodeShowsThePasskeysWhereverItIsTyped looks at the pages besides the sign-in.
func TestSenderP7ACodeShowsThePasskeysWhereverItIsTyped(t *testing.T) {
	p := own(t, defaults)
	review := func(a *answer, next string) {
		t.Helper()
		if got := a.is(303).header.Get("Location"); got != "/account?review=passkeys&next="+url.QueryEscape(next) {
			t.Errorf("%s leads to %s", a.what, got)
		}
		c := p.nobody()
		c.cookie = a.session()
		c.get(a.header.Get("Location")).is(200).shows("Are these passkeys yours?", "Remove the ones you don't know")
	}
	// Signing up.
	to := p.address("founder")
	p.signIn(to).register(newDevice())
	c := p.nobody()
	p.advance(time.Minute)
	p.skipMails(to)
	form := url.Values{"name": {"Founder " + p.run}, "email": {to}}
	c.post("/sign-up", form).is(303)
	form.Set("step", "code")
	form.Set("code", p.nextCode(to))
	review(c.post("/sign-up", form), "/home")

	// An invitation that the client pays for.
	payer := p.address("payer")
	p.signIn(payer).register(newDevice())
	o := p.signIn(owner)
	p.advance(time.Minute)
	p.skipMails(payer)
	o.invite(payer, asked)
	link := "/i/" + p.nextToken(payer)
	c = p.nobody()
	c.post(link, do("code", nil)).is(303)
	a := c.post(link, do("accept", url.Values{"code": {p.nextCode(payer)}}))
	review(a, "/checkout?agency="+o.agencyOf())
}
