package apitest_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/provider"
)

// with begins a sign-in by a provider, and is where the browser goes.
func (c *caller) with(which, next string) *url.URL {
	c.t.Helper()
	path := "/sign-in/with/" + which
	if strings.HasPrefix(which, "ag_") { // an agency's own
		path = "/sign-in/at/" + which + "/with"
	}
	if next != "" {
		path += "?next=" + url.QueryEscape(next)
	}
	at, err := url.Parse(c.get(path).is(303).header.Get("Location"))
	if err != nil {
		c.t.Fatal(err)
	}
	return at
}

// back is the answer of a provider for the account, as a path of the product.
func back(s *provider.Server, which string, a provider.Account, asked *url.URL) string {
	q := asked.Query()
	path := "/sign-in/from/" + which
	if strings.HasPrefix(which, "ag_") {
		path = "/sign-in/at/" + which + "/from"
	}
	return path + "?" + url.Values{"code": {s.Grant(a, q)}, "state": {q.Get("state")}, "iss": {s.Issuer}}.Encode()
}

// from goes to the provider as the account, and comes back.
func (c *caller) from(s *provider.Server, which string, a provider.Account, next string) *answer {
	c.t.Helper()
	ans := c.get(back(s, which, a, c.with(which, next)))
	if cookie := ans.session(); cookie != "" {
		c.cookie = cookie
	}
	return ans
}

// to is where an answer leads.
func (a *answer) to(want string) *answer {
	a.t.Helper()
	got := a.is(303).header.Get("Location")
	if begin, open := strings.CutSuffix(want, "…"); got != want && (!open || !strings.HasPrefix(got, begin)) {
		a.t.Errorf("%s leads to %s, want %s", a.what, got, want)
	}
	return a
}

func TestSenderO7AnInvitationIsAcceptedByAnAccountElsewhere(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	c := p.nobody()
	c.get("/i/" + secret).is(200).shows("Continue with Local provider")
	c.from(s, "issuer", provider.Account{Subject: "1", Email: strings.ToUpper(i.Email), Verified: true}, "/i/"+secret).to("/i/" + secret)
	c.get("/i/" + secret).is(200).shows("Signed in as " + i.Email)
	c.post("/i/"+secret, do("accept", nil)).is(303)
	if n := len(p.mails(i.Email)); n != 1 {
		t.Errorf("the invite cost %d mails, want the invitation alone", n)
	}
	c = p.nobody()
	c.from(s, "issuer", provider.Account{Subject: "1"}, "").to("/")
	if c.get("/portal").is(http.StatusOK); c.cookie == "" {
		t.Error("the account does not sign in by itself")
	}
}

// elsewhere is the account of somebody at the stand-in, whose word for the address is enough.
func elsewhere(subject, email string) provider.Account {
	return provider.Account{Subject: subject, Email: email, Verified: true}
}

// who is whom the caller is signed in as; "" for nobody.
func (c *caller) who() string {
	c.t.Helper()
	var s struct{ Email string }
	if a := c.get("/v1/sessions/current"); a.status == http.StatusOK {
		a.into(&s)
	}
	return s.Email
}

func TestSenderO1AnAccountIsKnownByIssuerAndSubject(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	me := p.address("me")
	p.signIn(me)
	c := p.nobody()
	c.from(s, "issuer", elsewhere("1", me), "").to("/")
	// Whatever address it tells from now on, and however sure it is of that, it is the same person.
	for _, email := range []string{me, p.address("other"), owner, "", "nonsense"} {
		c = p.nobody()
		c.from(s, "issuer", elsewhere("1", email), "").to("/")
		if c.who() != me {
			t.Errorf("with %q it signs in %q", email, c.who())
		}
	}
	// The same subject in another case is somebody else.
	p.nobody().from(s, "issuer", elsewhere("1 ", p.address("new")), "").to("/sign-in?problem=nobody&with=issuer")
}

func TestSenderO2AnAnswerIsTakenOnceByTheBrowserThatAsked(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	me := p.address("me")
	p.signIn(me)
	again := func(what string, a *answer) {
		t.Helper()
		if a.status != http.StatusBadRequest || a.session() != "" || !strings.Contains(string(a.body), `href="/sign-in">Start again`) {
			t.Errorf("%s: %d, session %q", what, a.status, a.session())
		}
	}
	c := p.nobody()
	asked := c.with("issuer", "/upgrade")
	path := back(s, "issuer", elsewhere("1", me), asked)
	kept := c.jar["__Host-errand"]
	if len(kept) < 200 || strings.Contains(kept, asked.Query().Get("state")) {
		t.Errorf("the browser keeps %q", kept)
	}
	again("a browser that never asked", p.nobody().get(path))
	other := p.nobody()
	other.with("issuer", "")
	again("one that has asked for itself", other.get(path))
	again("without a state", c.get("/sign-in/from/issuer?code=x"))
	again("with another state", c.get("/sign-in/from/issuer?code=x&state="+asked.Query().Get("nonce")))
	c.do(http.MethodHead, path, nil).is(405)
	c.get(path).to("/upgrade")
	if c.jar["__Host-errand"] != "" {
		t.Error("the errand stays in the browser")
	}
	c.jar["__Host-errand"] = kept
	again("a replay with the cookie", c.get(path))
	again("with a new code", c.get(back(s, "issuer", elsewhere("1", me), asked)))

	if p.moves() { // what the browser keeps grows no older with the table
		path = back(s, "issuer", elsewhere("1", me), c.with("issuer", ""))
		p.advance(10*time.Minute + time.Second)
		again("after ten minutes", c.get(path))
	}

	q := c.with("issuer", "/upgrade").Query()
	c.get("/sign-in/from/issuer?error=access_denied&state=" + q.Get("state")).to("/sign-in?next=%2Fupgrade&problem=canceled&with=issuer")
	c.get("/sign-in?next=%2Fupgrade&problem=canceled&with=issuer").is(200).shows("You didn't finish signing in with Local provider.").
		hides("problem")
	p.nobody().get("/sign-in/with/nobody").is(404)
	p.nobody().get("/sign-in/from/google?state=x&code=y").is(404)
	for _, next := range []string{"https://evil.example", "//evil.example", "/home", "/i/lki_nonsense", "javascript:alert(1)"} {
		c = p.nobody()
		c.from(s, "issuer", elsewhere("1", me), next).to("/")
	}
}

// TestSenderO4AKnownAddressWithAnotherSubject: who has bought a domain that lapsed gets the address and another subject.
func TestSenderO4AKnownAddressWithAnotherSubject(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	boss := p.signIn(owner)
	second := "second@northwind.example"
	boss.post("/v1/members", m{"email": second, "level": "admin", "name": "Sven"}).is(201)
	p.nobody().from(s, "issuer", elsewhere("old", second), "").to("/")
	p.skipMails(second)
	p.skipMails(owner)

	c := p.nobody()
	a := c.from(s, "issuer", elsewhere("new", second), "/upgrade").to("/sign-in?…")
	if c.cookie != "" || !strings.Contains(a.header.Get("Location"), "step=code") {
		t.Fatal("a known address with a new subject signs in without a code")
	}
	c.get(a.header.Get("Location")).is(200).shows("We check this address once")
	if c.cookie = c.post("/sign-in", url.Values{"email": {second}, "code": {p.nextCode(second)}}).is(303).session(); c.who() != second {
		t.Fatalf("the code signs in %q", c.who())
	}
	p.advance(61 * time.Second)
	p.nextAbout(second, "Another Local provider account now signs you in")
	if got := p.nextAbout(owner, "A member signs in with another Local provider account"); !strings.Contains(got.Text, second) {
		t.Errorf("the owner is told %q: %s", got.Subject, got.Text)
	}
	boss.get("/activity").is(200).shows("Another Local provider account now signs", "in")
	// The new one signs in by itself from now on, the old one does not.
	p.nobody().from(s, "issuer", elsewhere("new", second), "").to("/")
	old := p.nobody()
	old.from(s, "issuer", elsewhere("old", second), "").to("/sign-in?…")
	if old.cookie != "" {
		t.Error("the old subject signs in still")
	}
}

// TestSenderO5AnAddressThatAnAdministratorWrote: any administrator of an organisation can give an account any address.
func TestSenderO5AnAddressThatAnAdministratorWrote(t *testing.T) {
	notAsBuilt(t, "they call Microsoft itself")
	const tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	const at = "https://login.microsoftonline.com/"
	entra := &provider.Server{Issuer: at + "{tenantid}/v2.0", At: at + "common/v2.0", Now: time.Now}
	p := own(t, local.Options{
		Parameters: map[string]string{"MicrosoftClientId": provider.ClientID, "MicrosoftSecretParameter": "/latchkey/microsoft"},
		Accounts:   map[string]http.Handler{"login.microsoftonline.com": http.StripPrefix("/common/v2.0", entra)}})
	edov := false
	entra.Claim(func(c map[string]any) {
		c["iss"], c["tid"], c["email_verified"], c["preferred_username"] = at+tenant+"/v2.0", tenant, true, owner
		if edov {
			c["xms_edov"] = "1"
		}
	})
	from := func(c *caller, a provider.Account) *answer {
		q := c.with("microsoft", "").Query()
		ans := c.get("/sign-in/from/microsoft?" + url.Values{"code": {entra.Grant(a, q)}, "state": {q.Get("state")},
			"iss": {at + tenant + "/v2.0"}}.Encode())
		c.cookie = ans.session()
		return ans
	}
	p.signIn(owner)
	c := p.nobody()
	c.get("/sign-in").is(200).shows("Sign in with Microsoft", "Continue with Local provider")
	from(c, elsewhere("attacker", owner)).to("/sign-in?…")
	c.post("/sign-in", url.Values{"email": {owner}, "code": {"000000"}}).is(422)
	if c.who() != "" {
		t.Fatal("an address that nobody has verified signs in")
	}
	from(c, provider.Account{Subject: "attacker"}).to("/sign-in?problem=no_address&with=microsoft") // no preferred_username does
	// Where Microsoft has verified the owner of the domain, its word is enough.
	edov = true
	if from(c, elsewhere("nora", owner)).to("/"); c.who() != owner {
		t.Errorf("with xms_edov it signs in %q", c.who())
	}
}

func TestSenderO7LinkingAnAccount(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	// The provider's word is enough, and the address is known: it is linked, and the person told.
	sure := p.address("sure")
	p.signIn(sure)
	c := p.nobody()
	if c.from(s, "issuer", elsewhere("1", strings.ToUpper(sure)), "").to("/"); c.who() != sure {
		t.Errorf("another case signs in %q", c.who())
	}
	p.advance(61 * time.Second)
	if got := p.nextAbout(sure, "Local provider now signs you in"); !strings.Contains(got.Text, "/account") {
		t.Errorf("told %q: %s", got.Subject, got.Text)
	}
	// It is not: a code has to prove the address, then it is linked.
	for name, a := range map[string]provider.Account{"unverified": {Subject: "2", Email: p.address("unverified")},
		"foreign": {Subject: "3", Email: "foreign-" + p.run + "@other.example", Verified: true}} {
		p.signIn(a.Email)
		p.skipMails(a.Email)
		c = p.nobody()
		at := c.from(s, "issuer", a, "").to("/sign-in?…").header.Get("Location")
		if c.cookie != "" {
			t.Fatalf("%s signs in without a code", name)
		}
		page := c.get(at).is(200)
		if !strings.Contains(string(page.body), `name="with" value="issuer"`) {
			t.Errorf("%s: a new code would not link", name)
		}
		p.nextCode(a.Email)
		p.advance(21 * time.Second) // the first code does not come, so that another is asked for there
		c.post("/sign-in", do("code", url.Values{"email": {a.Email}, "again": {"1"}, "with": {"issuer"}})).is(303)
		c.cookie = c.post("/sign-in", url.Values{"email": {a.Email}, "code": {p.nextCode(a.Email)}}).is(303).session()
		p.advance(61 * time.Second)
		p.nextAbout(a.Email, "now signs you in")
		c = p.nobody()
		if c.from(s, "issuer", provider.Account{Subject: a.Subject}, "").to("/"); c.who() != a.Email {
			t.Errorf("%s: signs in %q", name, c.who())
		}
	}
	// Whoever asks for a code by themselves in a browser in which somebody else has come back from a provider links nothing.
	victim := p.address("victim")
	shared := p.nobody()
	shared.from(s, "issuer", provider.Account{Subject: "attacker", Email: victim}, "").to("/sign-in?…")
	p.nextCode(victim)
	p.advance(21 * time.Second)
	shared.post("/sign-in", do("code", url.Values{"email": {victim}})).is(303)
	shared.post("/sign-in", url.Values{"email": {victim}, "code": {p.nextCode(victim)}}).is(303)
	attacker := p.nobody()
	attacker.from(s, "issuer", provider.Account{Subject: "attacker"}, "").to("/sign-in?problem=no_address&with=issuer")
	if attacker.cookie != "" {
		t.Error("the attacker's account is linked")
	}
}

func TestSenderO7AnInvitationIsForItsAddress(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	at := "/i/" + secret
	other := p.address("other")

	// Nobody is known by the other address: both ways on, and no account is made.
	c := p.nobody()
	where := c.from(s, "issuer", elsewhere("1", other), at).to(at + "?problem=other_address&with=issuer").header.Get("Location")
	c.get(where).is(200).shows("Your Local provider account has another address", "Continue with Local provider", "Accept Invitation").
		hides(i.Email, other)
	if c.who() != "" {
		t.Error("it signs in")
	}
	// Somebody is: it is signed in, and reads who was invited.
	p.signIn(other)
	c.from(s, "issuer", elsewhere("1", other), at).to(at)
	c.get(at).is(200).shows("This invitation is for another address", other, "Sign out and continue", "Suggest another address")
	// An address that the provider does not vouch for: the code goes to the invited address, and it is linked and accepted at once.
	c = p.nobody()
	where = c.from(s, "issuer", provider.Account{Subject: "2", Email: i.Email}, at).to(at + "?step=code&with=issuer").header.Get("Location")
	c.get(where).is(200).shows("Enter your code", "We check this address once")
	c.cookie = c.post(at, url.Values{"code": {p.nextCode(i.Email)}}).is(303).session()
	if c.get("/portal").is(200); c.who() != i.Email {
		t.Errorf("accepted as %q", c.who())
	}
	c = p.nobody()
	if c.from(s, "issuer", provider.Account{Subject: "2"}, "").to("/"); c.who() != i.Email {
		t.Errorf("the account signs in %q", c.who())
	}
	// A dead link says so after the provider, too.
	p.nobody().get(p.nobody().from(s, "issuer", elsewhere("9", p.address("late")), "/i/"+secret).is(303).header.Get("Location")).is(410)
}

func TestSenderO10NobodyIsKnownByIt(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	me := p.address("nobody")
	c := p.nobody()
	where := c.from(s, "issuer", elsewhere("1", me), "").to("/sign-in?problem=nobody&with=issuer").header.Get("Location")
	c.get(where).is(200).shows("There's no portal here", "Continue with Local provider", "Email address").hides(me)
	if c.who() != "" || len(p.mails(me)) != 0 {
		t.Error("an account was made, or somebody mailed")
	}
	// An invitation makes it one.
	o := p.signIn(owner)
	o.invite(me)
	if c.from(s, "issuer", elsewhere("1", me), "").to("/"); c.who() != me {
		t.Errorf("invited, it signs in %q", c.who())
	}
	c.get("/portal").is(200).shows("Northwind Automations invited you")
}

func TestSenderO10TheProviderIsDown(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	me := p.address("me")
	p.signIn(me)
	down := func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	s.Fail(down)
	c := p.nobody()
	c.get("/sign-in/with/issuer?next=%2Fupgrade").to("/sign-in?next=%2Fupgrade&problem=unavailable&with=issuer")
	c.get("/sign-in?next=%2Fupgrade&problem=unavailable&with=issuer").is(200).
		shows("Local provider isn't answering right now. Get a code by email instead.", "Email address")
	s.Fail(nil)
	path := back(s, "issuer", elsewhere("1", me), c.with("issuer", ""))
	s.Fail(func(w http.ResponseWriter, r *http.Request) bool { return r.URL.Path == "/token" && down(w, r) })
	c.get(path).to("/sign-in?problem=unavailable&with=issuer")
	s.Fail(nil)
	s.Sign(func(*provider.Server, []byte) string { return "eyJhbGciOiJub25lIn0.e30." })
	c.from(s, "issuer", elsewhere("1", me), "").to("/sign-in?problem=refused&with=issuer")
	s.Sign(nil)
	if c.from(s, "issuer", elsewhere("1", me), "").to("/"); c.who() != me {
		t.Error("it does not sign in after that")
	}
}

// TestSenderO7ErasingEndsEveryLink: who is forgotten is not signed in by an account elsewhere, and takes along what there was.
func TestSenderO7ErasingEndsEveryLink(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	me := p.address("me")
	p.signIn(me)
	p.nobody().from(s, "issuer", elsewhere("sub-"+p.run, me), "").to("/")
	c := p.signIn(me)
	c.get("/v1/me/export").is(200).shows(`"signInAccounts":[{"provider":"Local provider"`, `"subject":"sub-`+p.run+`"`)
	c.delete("/v1/me").is(204)
	p.nobody().from(s, "issuer", provider.Account{Subject: "sub-" + p.run}, "").to("/sign-in?problem=no_address&with=issuer")
	p.nobody().from(s, "issuer", elsewhere("sub-"+p.run, me), "").to("/sign-in?problem=nobody&with=issuer")
}

// TestSenderO8AProvidersWordIsNoStepUp: who is signed in at a provider all day has proved nothing lately, unless the provider says when.
func TestSenderO8AProvidersWordIsNoStepUp(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	erases := func(c *caller) bool { return c.delete("/v1/me").status == http.StatusNoContent }
	for name, c := range map[string]struct {
		at any
		ok bool
	}{"none": {nil, false}, "an hour ago": {p.now().Add(-time.Hour).Unix(), false}, "now": {p.now().Unix(), true}} {
		me := p.address(strings.ReplaceAll(name, " ", "-"))
		p.signIn(me)
		s.Claim(func(claims map[string]any) { claims["auth_time"] = c.at })
		x := p.nobody()
		x.strict = true
		x.from(s, "issuer", elsewhere(name, me), "").to("/")
		if got := erases(x); got != c.ok {
			t.Errorf("auth_time %s: it may erase: %t", name, got)
		}
	}
}

// Each account that takes the place of another one is mailed to the person, and to the owners where it works: there is an end to it, as
// there is with passkeys. Whoever wants an account to sign in no more can always have that.
func TestFD6ConnectingAccountsInTurnMailsNobodyWithoutEnd(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	c := p.signIn(p.address("me"))
	connect := func(n int) *answer {
		t.Helper()
		at, err := url.Parse(c.get("/sign-in/with/issuer?link=1", "Sec-Fetch-Site", "same-origin").is(303).header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return c.get(back(s, "issuer", provider.Account{Subject: strconv.Itoa(n % 2)}, at))
	}
	for n := range 40 {
		connect(n).to("/account?connect=added&with=issuer#ways")
	}
	connect(40).is(429).shows("many times today")
	c.post("/account", do("disconnect", url.Values{"issuer": {s.Issuer}})).to("/account?connect=dropped…")
	connect(41).is(429)
	p.advance(25 * time.Hour)
	c = p.signIn(p.address("me"))
	connect(42).to("/account?connect=added&with=issuer#ways")
}

func TestSenderO7ConnectingByHand(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	me := p.address("me")
	c := p.signIn(me)
	connect := func(a provider.Account) *answer {
		t.Helper()
		at, err := url.Parse(c.get("/sign-in/with/issuer?link=1", "Sec-Fetch-Site", "same-origin").is(303).header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return c.get(back(s, "issuer", a, at))
	}
	c.get("/account").is(200).shows("Ways to sign in", "Code by email", "Always works", "Connect Local provider")
	// Whatever address the account has: it is connected by whoever is signed in here and there.
	p.skipMails(me)
	connect(provider.Account{Subject: "1", Email: "another@elsewhere.example"}).to("/account?connect=added&with=issuer#ways")
	c.get("/account?connect=added&with=issuer").is(200).shows("Local provider is connected", "another@elsewhere.example", "Disconnect").
		hides("Connect Local provider")
	p.advance(61 * time.Second)
	p.nextAbout(me, "Local provider now signs you in")
	x := p.nobody()
	if x.from(s, "issuer", provider.Account{Subject: "1"}, "").to("/"); x.who() != me {
		t.Errorf("it signs in %q", x.who())
	}
	// It signs in one person alone.
	mine := c
	c = p.signIn(p.address("other"))
	connect(provider.Account{Subject: "1"}).to("/account?connect=taken&with=issuer#ways")
	c = mine
	// From no other page, not by whoever is not signed in, not after somebody else has, and with a proof of the last minutes only.
	c.get("/sign-in/with/issuer?link=1").is(403)
	c.get("/sign-in/with/issuer?link=1", "Sec-Fetch-Site", "cross-site").is(403)
	p.nobody().get("/sign-in/with/issuer?link=1", "Sec-Fetch-Site", "same-origin").is(401)
	at, _ := url.Parse(c.get("/sign-in/with/issuer?link=1", "Sec-Fetch-Site", "same-origin").is(303).header.Get("Location"))
	c.cookie = p.signIn(p.address("third")).cookie
	c.get(back(s, "issuer", provider.Account{Subject: "2"}, at)).to("/account?connect=not_you&with=issuer#ways")
	c = p.signIn(me)
	p.advance(11 * time.Minute)
	c.strict = true
	c.get("/sign-in/with/issuer?link=1", "Sec-Fetch-Site", "same-origin").to("/step-up?to=%2Fsign-in%2Fwith%2Fissuer%3Flink%3D1")
	issuer := url.Values{"issuer": {s.Issuer}}
	c.post("/account", do("disconnect", issuer)).is(307).has("Location", "/step-up?to=%2Faccount")
	c = p.signIn(me)
	p.skipMails(me)
	c.post("/account", do("disconnect", issuer)).to("/account?connect=dropped…")
	c.post("/account", do("disconnect", issuer)).to("/account?connect=dropped…") // again is no fault
	p.advance(61 * time.Second)
	p.nextAbout(me, "no longer signs you in")
	p.nobody().from(s, "issuer", provider.Account{Subject: "1"}, "").to("/sign-in?problem=no_address&with=issuer")
	c.get("/account").is(200).shows("Connect Local provider")
}
