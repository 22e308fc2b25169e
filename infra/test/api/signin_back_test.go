package apitest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/provider"
	"latchkey.dev/shared/domain/identity"
)

// TestSenderO10NoCodeCanBeMailedNowAndThePageSaysSo comes back twice from a provider whose word is not enough, at once: the code that is on
// its way is asked for again where it is of the same account, and where it is of none the page says when another one goes out.
func TestSenderO10NoCodeCanBeMailedNowAndThePageSaysSo(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "twice")
	p.skipMails(f.second)
	unsure := provider.Account{Subject: "unsure", Email: f.second}
	const at = "/sign-in?…"

	// At an agency's own provider.
	p.skipCodes(f.second, 0)
	c := p.nobody()
	c.from(f.provider, f.id, unsure, "/clients").to(at)
	again := c.from(f.provider, f.id, unsure, "/clients").to(at).header.Get("Location")
	c.get(again).is(200).shows("Check your email", "We check this address once")
	c.cookie = c.post("/sign-in", url.Values{"email": {f.second}, "code": {p.nextCode(f.second)}, "with": {f.id}, "next": {"/clients"}}).
		to("/clients").session()
	c.get("/account").is(403) // it is the office's
	p.advance(identity.CodeApart)
	c = p.nobody()
	c.post("/sign-in", do("code", url.Values{"email": {f.second}})).is(303)
	said := c.from(f.provider, f.id, provider.Account{Subject: "another", Email: f.second}, "/clients").
		to("/sign-in/at/" + f.id + "?next=%2Fclients&…").header.Get("Location")
	c.get(said).is(200).shows("We just emailed a sign-in code to this address", "Sign in with Okta")
	p.advance(identity.CodeApart + time.Second)
	c.get(said).is(200).misses("We just emailed")
	owner := p.fresh(f.at)
	owner.post("/sign-in", do("code", url.Values{"email": {f.second}})).is(303)
	test := owner.get("/sign-in/at/" + f.id + "/with?fresh=1&next=%2Fsettings%2Fsign-in").is(303).header.Get("Location")
	asked, err := url.Parse(test)
	if err != nil {
		t.Fatal(err)
	}
	answer := back(f.provider, f.id, provider.Account{Subject: "tests", Email: f.second}, asked)
	said = owner.get(answer).to("/settings/sign-in?…").header.Get("Location")
	owner.get(said).is(200).shows("We just emailed a sign-in code to this address")

	// At a provider of the operator's.
	s, who := p.inside().Provider, p.address("who")
	p.advance(identity.CodeApart)
	c = p.nobody()
	c.post("/sign-in", do("code", url.Values{"email": {who}})).is(303)
	said = c.from(s, "issuer", provider.Account{Subject: "who", Email: who}, "").to("/sign-in?…").header.Get("Location")
	c.get(said).is(200).shows("We just emailed a sign-in code to this address", "Email me a sign-in code")
	// What a hostile link says is said of nothing.
	for _, until := range []string{"", "x", "9999999999", "-1", "1"} {
		c.get("/sign-in?problem=too_many&with=issuer&limit=codes-apart&until=" + until).is(200).misses("We just emailed")
	}
}

// TestSenderO10WhoIsSignedInReadsWhyAnotherAccountIsNot comes back from a provider in a browser that is signed in.
func TestSenderO10WhoIsSignedInReadsWhyAnotherAccountIsNot(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.get("/sign-in?problem=canceled&with=issuer").is(200).shows("You're signed in", "You didn't finish signing in with")
	o.get("/sign-in").is(200).misses("You didn't finish")
}

// TestSenderO9WhoLeavesAnOfficeIsToldOfItsProvider signs out where the agency's own provider signed in.
func TestSenderO9WhoLeavesAnOfficeIsToldOfItsProvider(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "leaves")
	c := f.signs(f.third)
	to := c.post("/account", do("sign-out", nil)).is(303).header.Get("Location")
	p.nobody().get(to).is(200).shows("You're signed out.", "You may still be signed in where you came from")
	c.get("/home").to("/sign-in")
}

// TestWhoComesFromAMailFindsThePageAfterSigningIn follows the links of mails without being signed in.
func TestWhoComesFromAMailFindsThePageAfterSigningIn(t *testing.T) {
	p := start(t)
	const agency, client, role = "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB", "cl_01KC5R9V3M8Q2T4W6Y8A0C1E3G", "rol_01KC5R9V3M8Q2T4W6Y8A0C1E3G"
	for _, path := range []string{"/account", "/settings/members", "/settings/sign-in", "/portal/payer?agency=" + agency,
		"/clients", "/clients/" + client, "/clients/" + client + "/payer", "/client-portal/links", "/client-portal/users/" + client,
		"/client-portal/roles/" + role, "/settings/webhooks", "/activity?action=api_key", "/portal?agency=" + agency} {
		p.nobody().get(path).is(303).has("Location", "/sign-in?"+url.Values{"next": {path}}.Encode())
	}
	who := p.address("mailed")
	c := p.nobody()
	p.skipCodes(who, 0)
	c.post("/sign-in", do("code", url.Values{"email": {who}, "next": {"/account"}})).is(303)
	c.cookie = c.post("/sign-in", url.Values{"email": {who}, "code": {p.nextCode(who)}, "next": {"/account"}}).is(303).
		has("Location", "/account").session()
	for _, next := range []string{"//evil.example/account", "/\\evil.example", "/account/../..//evil.example", "/clients/" + client + "/../../x",
		"/activity?action=x%0d%0aSet-Cookie:a", "https://evil.example/account", "/clients//evil.example", "/%5cevil.example/account",
		"\t/account", "/\t/evil.example", "javascript:alert(1)"} {
		to := p.nobody().get("/sign-in?" + url.Values{"next": {next}}.Encode()).is(200)
		if strings.Contains(string(to.body), "evil.example") {
			t.Errorf("%q is led to", next)
		}
	}
}

// TestX4WhyNoPageOfThePaymentServiceOpensIsSaidToEverybody leads back with a reason to who has paid for nothing, and to who may not pay.
func TestX4WhyNoPageOfThePaymentServiceOpensIsSaidToEverybody(t *testing.T) {
	p := start(t)
	o := p.shareOwner("why")
	mine, _ := o.agency()
	i := o.invite(p.address("ops"))
	c := p.accept(p.address("ops"))
	to := c.post("/portal/billing", url.Values{"agency": {mine.ID}}).is(303).header.Get("Location")
	c.get(to).is(200).shows("There is a problem")
	c.get("/portal?agency=" + mine.ID).is(200).misses("There is a problem")
	x, employee := o.hire(p.address("kim"), "employee")
	o.patch("/v1/members/"+x.ID, m{"portalRight": "employee"}).is(200)
	at := employee.post("/clients/"+i.ClientID+"/payer/card", nil).is(303).header.Get("Location")
	employee.get(at).is(200).shows("There is a problem")
}
