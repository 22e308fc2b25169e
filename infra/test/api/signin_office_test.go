package apitest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/provider"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// ownIssuer is what the API says of an agency's own provider.
type ownIssuer struct {
	Provider *struct {
		Name, Issuer, ClientID string
	}
	Required, InForce      bool
	SignInURL, RedirectURI string
	Domains                []string
	Linked, Members        int
}

const ownIssuerPath = "/v1/agency/sign-in"

// office is an agency on Max with a domain of its own, two owners and an admin, and a provider of its own that nobody is asked for yet.
type office struct {
	*product

	id, domain          string
	owner, other, admin *caller
	at, second, third   string // their addresses
	provider            *provider.Server
}

func newOffice(p *product, name string) *office {
	p.t.Helper()
	f := &office{product: p, domain: p.zone(name), provider: p.inside().Company}
	f.at, f.second, f.third = "ann@"+f.domain, "bo@"+f.domain, "cy@"+f.domain
	var a ownAgency
	f.owner, a = p.signUp(f.at, "Office "+name+" "+p.run)
	f.id = a.ID
	p.onMax(f.id)
	f.owner.add(f.second, "owner")
	f.owner.add(f.third, "admin")
	p.skipMails(f.second)
	p.skipMails(f.third)
	f.other, f.admin = p.fresh(f.second), p.fresh(f.third)
	f.owner.verifies(f.owner.claim(f.domain))
	f.owner.put(ownIssuerPath, f.registration()).is(200)
	return f
}

func (f *office) registration() m {
	return m{"name": "Okta", "issuer": f.provider.Issuer, "clientId": provider.ClientID, "clientSecret": provider.Secret}
}

// account is who somebody is at the provider.
func (f *office) account(address string) provider.Account {
	return provider.Account{Subject: "sub of " + address, Email: address, Verified: true}
}

// signs signs somebody in by the provider.
func (f *office) signs(address string) *caller {
	f.t.Helper()
	c := f.nobody()
	c.from(f.provider, f.id, f.account(address), "").to("/home")
	return c
}

// requires has an owner test it, and require it.
func (f *office) requires() *caller {
	f.t.Helper()
	c := f.signs(f.at)
	c.patch(ownIssuerPath, m{"required": true}).is(200)
	return c
}

// toldOf is the newest mail to an address whose subject holds the words, once it has come.
func (f *office) toldOf(address, words string) mail {
	f.t.Helper()
	var got mail
	f.until(address+" to be told that it "+words, func() bool {
		f.advance(61 * time.Second)
		for _, x := range f.mails(address) {
			if strings.Contains(x.Subject, words) {
				got = x
			}
		}
		return got.Subject != ""
	})
	return got
}

func TestSenderO6AnAgencyRequiresItsOwnProvider(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "requires")
	o := f.owner
	var x ownIssuer
	o.get(ownIssuerPath).is(200).into(&x)
	if x.Provider == nil || x.Provider.Name != "Okta" || x.Required || x.InForce || x.Members != 3 || x.Linked != 0 ||
		!slices.Equal(x.Domains, []string{f.domain}) || !strings.HasSuffix(x.RedirectURI, "/sign-in/at/"+f.id+"/from") {
		t.Errorf("it is %+v", x)
	}
	key := o.key("program "+p.run, "clients:read")

	// Only an owner who has just signed in by it requires it.
	o.patch(ownIssuerPath, m{"required": true}).fails(409, "not_active")
	f.admin.patch(ownIssuerPath, m{"required": true}).fails(403, "forbidden")
	f.admin.put(ownIssuerPath, f.registration()).fails(403, "forbidden")
	f.admin.delete(ownIssuerPath).fails(403, "forbidden")
	byIt := f.signs(f.third) // the test locks nobody out, and an admin who has signed in by it requires nothing
	byIt.patch(ownIssuerPath, m{"required": true}).fails(403, "forbidden")
	f.admin.get("/clients").is(200)
	f.other.get("/clients").is(200)
	stale := f.signs(f.at)
	p.advance(identity.StepUpLasts + time.Second)
	stale.patch(ownIssuerPath, m{"required": true}).fails(409, "not_active")

	boss := f.nobody()
	begun := boss.get("/sign-in/at/" + f.id + "/with?fresh=1&next=%2Fsettings%2Fsign-in").is(303).header.Get("Location")
	asked, err := url.Parse(begun)
	if err != nil || asked.Query().Get("prompt") != "login" || asked.Query().Get("max_age") != "0" {
		t.Errorf("a test asks for %s", begun)
	}
	ans := boss.get(back(f.provider, f.id, f.account(f.at), asked)).to("/settings/sign-in")
	boss.cookie = ans.session()
	boss.strict = true // the test was a step-up
	boss.get("/settings/sign-in").is(200).shows("You've just signed in with Okta", "Require for all members")
	p.skipMails(f.at)
	p.skipMails(f.second)
	boss.post("/settings/sign-in", do("require", url.Values{"required": {"1"}})).to("/settings/sign-in?done=required")
	boss.get("/settings/sign-in?done=required").is(200).shows("Members sign in with Okta from now on.", "Required")
	boss.get(ownIssuerPath).is(200).into(&x)
	if !x.Required || !x.InForce || x.Linked != 2 {
		t.Errorf("once it is required it is %+v", x)
	}

	// Sessions by other ways enter no more, from the next request on, and go on where they were.
	for _, c := range []*caller{o, f.other, f.admin} {
		c.get("/v1/clients").fails(403, "issuer_required")
		at := c.get("/clients?status=active").to("/sign-in/at/" + f.id + "?next=%2Fclients%3Fstatus%3Dactive").header.Get("Location")
		c.get(at).is(200).shows("Sign in with Okta")
		c.get("/agencies").is(200)
		c.post("/settings/members", do("add", url.Values{"email": {"x@client.example"}})).to("/sign-in/at/…")
		c.post("/upgrade/start", url.Values{"interval": {"month"}}).to("/sign-in/at/…")
	}
	f.admin.from(f.provider, f.id, f.account(f.third), "/clients?status=active").to("/clients?status=active")
	f.admin.get("/clients?status=active").is(200)
	p.program(key.Secret).get("/v1/clients").is(200) // keys are not concerned
	for _, to := range []string{f.at, f.second} {
		if got := f.toldOf(to, "now requires signing in with Okta"); !strings.Contains(got.Text, f.at) {
			t.Errorf("an owner is told %s", got.Text)
		}
	}
	boss.get("/activity").is(200).shows("required signing in with Okta")
	// And it can be undone.
	boss.proves()
	boss.patch(ownIssuerPath, m{"required": false}).is(200)
	f.other.get("/clients").is(200)
}

func TestSenderO6WhatIsRegisteredIsHeldToRules(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "rules")
	for field, all := range map[string][]any{
		"issuer": {"", "id.example.com", "http://id.example.com", "https://10.0.0.1", "https://127.0.0.1:1", "https://id.example.com/?a=b",
			"https://id.example.com/#x", "https://me@id.example.com", "https://id.example.com/a b", "ftp://id.example.com",
			"https://id.example.com/.well-known/openid-configuration", "https://id.example.com/" + strings.Repeat("a", 600)},
		"name":         {"", strings.Repeat("n", 41)},
		"clientId":     {"", "a b", strings.Repeat("c", 256), "naïve"},
		"clientSecret": {"", "naïve", strings.Repeat("s", 513)},
	} {
		for _, v := range all {
			body := f.registration()
			body[field] = v
			ans := f.owner.put(ownIssuerPath, body)
			if ans.status != 422 || !strings.Contains(string(ans.body), `"location":"`+field) {
				t.Errorf("%s %q: %d %s", field, v, ans.status, ans.body)
			}
		}
	}
	// The secret is kept for the same issuer and client alone, is never shown, and is nowhere as it is.
	kept := m{"name": "Okta again", "issuer": f.provider.Issuer, "clientId": provider.ClientID}
	f.owner.put(ownIssuerPath, kept).is(200)
	kept["clientId"] = "another"
	f.owner.put(ownIssuerPath, kept).fails(422, "invalid")
	for _, path := range []string{ownIssuerPath, "/settings/sign-in", "/settings/sign-in?edit=1", "/v1/agency", "/v1/me/export"} {
		if body := string(f.owner.get(path).is(200).body); strings.Contains(body, provider.Secret) || strings.Contains(body, "s1.") {
			t.Errorf("%s tells the secret", path)
		}
	}
	if held := fmt.Sprint(p.items(f.id)); strings.Contains(held, provider.Secret) {
		t.Error("the secret is in the table as it is")
	}
	// What is changed has to be tested anew.
	boss := f.requires()
	boss.put(ownIssuerPath, m{"name": "New name", "issuer": f.provider.Issuer, "clientId": provider.ClientID}).is(200)
	f.admin.get("/v1/clients").fails(403, "issuer_required")
	same := f.registration()
	same["name"] = "New name"
	boss.put(ownIssuerPath, same).is(200) // typed once more, or sent twice
	f.admin.get("/v1/clients").fails(403, "issuer_required")
	other := f.registration()
	other["clientSecret"] = "another one"
	boss.put(ownIssuerPath, other).is(200)
	f.admin.get("/v1/clients").is(200)
	boss.put(ownIssuerPath, f.registration()).is(200)
	boss.patch(ownIssuerPath, m{"required": true}).fails(409, "not_active") // it has signed in before the change
	// Free has none.
	free, _ := p.signUp(p.address("free"), "Free "+p.run)
	free.put(ownIssuerPath, f.registration()).fails(403, "plan_required")
	free.get("/settings/sign-in").is(200).shows("Your own sign-in is part of Max")
	free.patch(ownIssuerPath, m{"required": true}).fails(404, "not_found")
	free.delete(ownIssuerPath).is(204)
	p.nobody().get("/sign-in/at/" + free.agencyOf()).is(404)
	p.nobody().get("/sign-in/at/" + free.agencyOf() + "/with").is(404)
	p.nobody().get("/sign-in/at/ag_01KBGM2DHWSZ0F8S1S6GZB2Q5X").is(404)
}

// TestSenderO6ABoundSessionOpensItsAgencyAlone: issuer of A, domain verified by A, and the address is a client of B.
func TestSenderO6ABoundSessionOpensItsAgencyAlone(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "bound")
	_, b := p.another("other-agency")
	invite := b.invite(f.third)
	secret := p.nextToken(f.third)
	joined := b.invite(f.second)
	p.accept(f.second)
	b.add(f.at, "owner")
	p.skipMails(f.at)
	p.skipMails(f.second)
	p.skipMails(f.third)

	for _, c := range []*caller{f.signs(f.at), f.signs(f.second), f.signs(f.third)} {
		c.strict = true
		var me struct{ Bound bool }
		if c.get("/v1/sessions/current").is(200).into(&me); !me.Bound {
			t.Error("the session does not say that it is bound")
		}
		c.get("/clients").is(200).misses("Your agencies")
		c.get("/home").is(200).misses("other-agency") // also where another agency's invitation waits for the address
		n := 0
		for at, op := range p.documented() {
			kind, _, _ := strings.Cut(op.Who, " ")
			if kind != "person" && kind != "client" || strings.Contains(op.Who, "also bound") {
				continue
			}
			n++
			method, _, _ := strings.Cut(at, " ")
			c.send(op, method, concrete(op.path)).fails(403, "forbidden")
		}
		if n < 15 {
			t.Errorf("only %d operations are for people and clients", n)
		}
		for _, path := range []string{"/account", "/agencies", "/portal?agency=" + b.agencyOf(), "/portal/contract?agency=" + b.agencyOf(),
			"/portal/details?agency=" + b.agencyOf()} {
			if a := c.get(path); a.status != 403 || strings.Contains(a.text(), "other-agency") {
				t.Errorf("%s answers %d: %s", path, a.status, a.text())
			}
		}
		c.post("/agencies", do("switch", url.Values{"agency": {b.agencyOf()}})).is(403)
		c.get("/i/"+secret).is(200).misses("Signed in as", f.third)
		c.post("/i/"+secret, do("accept", nil))
		c.post("/v1/sign-in-codes", m{"email": f.third})
	}
	if got := b.look(invite.ID); got.Status == "accepted" {
		t.Error("an agency's own provider accepts the invitation of another")
	}
	// By other ways everything opens that is the person's, but for the office that demands its provider.
	f.requires()
	client := p.fresh(f.second)
	client.get("/portal?agency=" + b.agencyOf()).is(200)
	_ = joined
	client.edits("way", "passkey") // as by a passkey
	client.get("/portal?agency=" + b.agencyOf()).is(200)
	client.get("/v1/clients").fails(403, "issuer_required")
	me := p.fresh(f.at)
	me.post("/agencies", do("switch", url.Values{"agency": {b.agencyOf()}})).is(303)
	if cookie := me.post("/agencies", do("switch", url.Values{"agency": {b.agencyOf()}})).session(); cookie != "" {
		me.cookie = cookie
	}
}

func TestSenderO6AnIssuerSpeaksForItsOwnMembersAlone(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	evil := &provider.Server{Issuer: "https://id.evil.example"}
	p := own(t, local.Options{Accounts: map[string]http.Handler{"id.evil.example": evil}})
	evil.Now = p.now
	a := newOffice(p, "speaks")
	_, b := p.another("evil")
	b.put(ownIssuerPath, m{"name": "Evil", "issuer": evil.Issuer, "clientId": provider.ClientID, "clientSecret": provider.Secret}).is(200)
	at := b.agencyOf()
	// Whoever it says it is: no member of B, so nobody; at A's address its answers are not even asked for.
	for _, who := range []string{a.at, a.third, p.address("nobody"), strings.ToUpper(a.at)} {
		c := p.nobody()
		c.from(evil, at, provider.Account{Subject: "sub of " + a.at, Email: who, Verified: true}, "").
			to("/sign-in/at/" + at + "?problem=not_member")
		if c.cookie != "" {
			t.Fatalf("the issuer of B signs %s in", who)
		}
	}
	c := p.nobody()
	asked := c.with(at, "")
	q := asked.Query()
	forged := "/sign-in/at/" + a.id + "/from?" + url.Values{"code": {evil.Grant(a.account(a.at), q)}, "state": {q.Get("state")},
		"iss": {a.provider.Issuer}}.Encode()
	c.get(forged).is(400)
	c = p.nobody() // an answer of another issuer in its own errand
	asked = c.with(a.id, "")
	c.get(back(evil, a.id, a.account(a.at), asked)).to("/sign-in/at/" + a.id + "?problem=refused")
	// A's owner is made a member at B: it is signed in there, once the address is proven, and for B alone.
	b.add(a.at, "admin")
	p.skipMails(a.at)
	c = p.nobody()
	to := c.from(evil, at, provider.Account{Subject: "1", Email: a.at, Verified: true}, "").to("/sign-in?…").header.Get("Location")
	if c.cookie != "" || !strings.Contains(to, "step=code") {
		t.Fatal("an issuer is believed for a domain that its agency has not verified")
	}
	c.get(to).is(200).shows("We check this address once. Enter the code, and Evil signs you in from then on.")
	c.cookie = c.post("/sign-in", url.Values{"email": {a.at}, "code": {p.nextCode(a.at)}, "with": {at}}).to("/").session()
	if got := c.agencyOf(); got != at {
		t.Errorf("it acts for %s", got)
	}
	c.get("/account").is(403)
	c = p.nobody()
	c.from(evil, at, provider.Account{Subject: "1", Email: "whatever@it.says", Verified: false}, "").to("/home") // known by its subject
	p.advance(61 * time.Second)
	if got := a.toldOf(a.at, "Evil now signs you in at"); !strings.Contains(got.Text, "It opens nothing else.") {
		t.Errorf("the person is told %s", got.Text)
	}
	// The issuer has to call itself what was registered, to the byte.
	b.put(ownIssuerPath,
		m{"name": "Evil", "issuer": evil.Issuer + "/", "clientId": provider.ClientID, "clientSecret": provider.Secret}).is(200)
	p.nobody().get("/sign-in/at/" + at + "/with").to("/sign-in/at/" + at + "?problem=no_provider")
	p.nobody().get("/sign-in/at/" + at + "?problem=no_provider").is(200).shows("Evil isn't set up right for this agency. Ask an owner")
}

func TestSenderO6WhoIsNotKnownProvesTheAddress(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "proves")
	f.signs(f.third) // silently: the agency has proven the domain, and the provider the address
	p.skipMails(f.third)
	p.skipMails(f.at)
	p.skipMails(f.second)
	proves := func(a provider.Account, address string) *caller {
		t.Helper()
		c := p.nobody()
		p.skipCodes(address, 0)
		to := c.from(f.provider, f.id, a, "/clients").to("/sign-in?…").header.Get("Location")
		if c.cookie != "" {
			t.Fatalf("%+v signs in silently", a)
		}
		c.get(to).is(200).shows("We check this address once")
		c.cookie = c.post("/sign-in", url.Values{"email": {address}, "code": {p.nextCode(address)}, "with": {f.id}, "next": {"/clients"}}).
			to("/clients").session()
		c.get("/clients").is(200)
		c.get("/account").is(403)
		return c
	}
	// Another subject of a known address never signs in silently.
	proves(provider.Account{Subject: "new", Email: f.third, Verified: true}, f.third)
	for _, to := range []string{f.at, f.second} {
		if got := f.toldOf(to, "A member signs in with another Okta account"); !strings.Contains(got.Text, f.third) {
			t.Errorf("an owner is told %s", got.Text)
		}
	}
	f.toldOf(f.third, "Another Okta account now signs you in at")
	c := p.nobody()
	c.from(f.provider, f.id, provider.Account{Subject: "new"}, "").to("/home")
	c = p.nobody()
	if c.from(f.provider, f.id, f.account(f.third), "").to("/sign-in?…"); c.cookie != "" {
		t.Error("the old subject signs in still")
	}
	f.owner.get("/activity").is(200).shows("Another Okta account now signs")
	// An address that the provider has not verified, and one at a domain that is not the agency's.
	proves(provider.Account{Subject: "unverified", Email: f.second}, f.second)
	elsewhere := p.address("elsewhere")
	f.owner.add(elsewhere, "admin")
	p.skipMails(elsewhere)
	proves(provider.Account{Subject: "elsewhere", Email: elsewhere, Verified: true}, elsewhere)
	// Also of somebody who is signed in already, such as an owner who tests it.
	signed := p.fresh(f.second)
	p.skipCodes(f.second, 0)
	to := signed.from(f.provider, f.id, provider.Account{Subject: "in already", Email: f.second}, "/clients").to("/sign-in?…").
		header.Get("Location")
	signed.get(to).is(200).shows("We check this address once").misses("You're signed in")
	signed.cookie = signed.post("/sign-in", url.Values{"email": {f.second}, "code": {p.nextCode(f.second)}, "with": {f.id},
		"next": {"/clients"}}).to("/clients").session()
	signed.get("/account").is(403)
	// An account is one member's: a second one does not get it.
	c = p.nobody()
	c.from(f.provider, f.id, provider.Account{Subject: "elsewhere", Email: f.at, Verified: true}, "").to("/home")
	if c.who() != elsewhere {
		t.Errorf("the account signs %s in", c.who())
	}
	p.nobody().from(f.provider, f.id, provider.Account{Subject: "x"}, "").to("/sign-in/at/" + f.id + "?problem=no_address")
	// Who is let go enters no more, and comes back as a stranger.
	gone := f.signs(f.at)
	_ = gone
	for _, x := range f.owner.colleagues() {
		if x.Email == elsewhere {
			f.owner.delete("/v1/members/" + x.ID).is(204)
		}
	}
	p.nobody().from(f.provider, f.id, provider.Account{Subject: "elsewhere", Email: elsewhere, Verified: true}, "").
		to("/sign-in/at/" + f.id + "?problem=not_member")
}

func TestSenderO6AnOwnerEntersWithoutItAndAllOwnersAreTold(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "without")
	f.requires()
	p.advance(61 * time.Second)
	p.skipMails(f.at)
	p.skipMails(f.second)
	f.provider.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	p.advance(61 * time.Minute) // past what is known of it
	at := "/sign-in/at/" + f.id
	p.nobody().get("/sign-in/at/" + f.id + "/with").to(at + "?problem=unavailable")
	p.nobody().get(at+"?problem=unavailable").is(200).shows("Okta isn't answering right now", "Owners can").misses("Enter without")
	boss := p.fresh(f.second)
	boss.get("/clients").to("/sign-in/at/…")
	boss.get(at + "?next=%2Fclients").is(200).shows("Enter without Okta")
	ans := boss.post(at+"?next=%2Fclients", do("enter", nil)).to("/clients")
	if boss.cookie = ans.session(); boss.cookie == "" {
		t.Fatal("there is no new session")
	}
	boss.get("/clients").is(200)
	boss.get("/account").is(200) // it is the person's own
	for _, to := range []string{f.at, f.second} {
		if got := f.toldOf(to, f.second+" entered"); !strings.Contains(got.Subject, "without Okta") {
			t.Errorf("an owner is told %q", got.Subject)
		}
	}
	boss.get("/activity").is(200).shows("entered without Okta")
	// Not for others, and not by other ways.
	admin := p.fresh(f.third)
	admin.get(at).is(200).misses("Enter without")
	admin.post(at, do("enter", nil)).is(403).shows("Only owners can enter without Okta")
	admin.get("/clients").to("/sign-in/at/…")
	p.nobody().post(at, do("enter", nil)).to("/sign-in…")
	elsewhere := p.nobody()
	elsewhere.from(p.inside().Provider, "issuer", provider.Account{Subject: "elsewhere", Email: f.at, Verified: true}, "")
	if elsewhere.cookie == "" { // its word is not enough there: by the code that goes with it, it is a mailed code's session
		elsewhere = p.fresh(f.at)
		elsewhere.edits("way", "provider")
	}
	elsewhere.post(at, do("enter", nil)).is(403).shows("sign in with a code by email")
	byPasskey := p.fresh(f.at)
	byPasskey.edits("way", "passkey")
	byPasskey.post(at, do("enter", nil)).is(403).shows("sign in with a code by email")
	// It lasts for a while, and does not go along to other agencies and back.
	stranger := p.fresh(f.at)
	stranger.strict = true
	p.advance(identity.StepUpLasts + time.Second)
	stranger.post(at, do("enter", nil)).is(307)
	p.advance(identity.WithoutLasts)
	boss.get("/clients").to("/sign-in?next=%2Fclients")
	// Nobody is without limit mailed about.
	many := p.fresh(f.at)
	for range 5 {
		many.cookie = many.post(at, do("enter", nil)).is(303).session()
	}
	many.post(at, do("enter", nil)).is(429)
}

// edits writes one attribute of the caller's session.
func (c *caller) edits(name, value string) {
	c.t.Helper()
	user, session, err := identity.LocateSession(c.cookie)
	if err != nil {
		c.t.Fatal(err)
	}
	c.edit("us#"+string(user), "session#"+session, "SET "+name+" = :v",
		map[string]types.AttributeValue{":v": &types.AttributeValueMemberS{Value: value}})
}

func TestSenderO6WhenItEndsNobodyIsLockedOut(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "ends")
	boss := f.requires()
	byIt := f.signs(f.third)
	p.advance(61 * time.Second)
	p.skipMails(f.at)
	// The plan falls.
	p.onFree(f.id)
	f.admin.get("/clients").is(200)
	byIt.get("/v1/clients").fails(401, "unauthenticated")
	byIt.get("/clients").to("/sign-in?next=%2Fclients")
	byIt.get("/sign-in").is(200).shows("Email me a sign-in code") // and are no stranger to it
	p.nobody().get("/sign-in/at/" + f.id + "/with").is(404)
	f.toldOf(f.at, "doesn't require signing in with Okta right now")
	f.owner.get("/settings/sign-in").is(200).shows("Paused", "Your plan doesn't include your own sign-in")
	f.owner.get("/activity").is(200).shows("isn't required while the plan doesn't include it")
	// And comes back.
	if err := p.operator().SetPlan(t.Context(), id.Agency(f.id), agency.Max, p.byOperator(audit.PlanChanged, f.id)); err != nil {
		t.Fatal(err)
	}
	f.toldOf(f.at, "requires signing in with Okta again")
	f.admin.get("/v1/clients").fails(403, "issuer_required")
	byIt.get("/v1/clients").is(200)
	// The domain is lost: who is known is known, and who is not proves the address.
	late := "dee@" + f.domain
	boss.add(late, "admin")
	for _, d := range f.claims(boss) {
		boss.delete("/v1/sender-domains/" + d).is(204)
	}
	f.signs(f.third)
	p.until("the domain to be released", func() bool {
		p.advance(time.Hour)
		var x ownIssuer
		f.signs(f.at).get(ownIssuerPath).is(200).into(&x)
		return len(x.Domains) == 0
	})
	p.nobody().from(f.provider, f.id, f.account(late), "").to("/sign-in?…")
	f.signs(f.at).get("/settings/sign-in").is(200).shows("Verify your email domain")
	// It is removed.
	boss = f.signs(f.at)
	p.skipMails(f.second)
	boss.post("/settings/sign-in", do("remove", nil)).to("/sign-in?done=own-removed")
	f.toldOf(f.second, "no longer requires signing in with Okta")
	boss.get("/v1/clients").fails(401, "unauthenticated")
	p.fresh(f.third).get("/clients").is(200)
	p.fresh(f.at).get("/activity").is(200).shows("removed the agency's own sign-in")
}

// claims are the ids of the agency's sender domains.
func (f *office) claims(c *caller) (all []string) {
	f.t.Helper()
	var list struct{ Items []senderDomain }
	c.get("/v1/sender-domains").is(200).into(&list)
	for _, d := range list.Items {
		all = append(all, d.ID)
	}
	return all
}

func TestSenderO6AtOnceItIsSwitchedOnceEach(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "at-once")
	boss := f.signs(f.at)
	boss.proves()
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() { boss.once(http.MethodPatch, ownIssuerPath, m{"required": true}) })
	}
	all.Wait()
	count := func(action string) int {
		n := 0
		for _, x := range boss.activity("") {
			if x.Action == action {
				n++
			}
		}
		return n
	}
	if n := count("own_sign_in.required"); n != 1 {
		t.Errorf("64 at once required it %d times", n)
	}
	for i := range 64 {
		all.Go(func() { boss.once(http.MethodPatch, ownIssuerPath, m{"required": i%2 == 0}) })
	}
	all.Wait()
	var x ownIssuer
	boss.get(ownIssuerPath).is(200).into(&x)
	on := count("own_sign_in.required") - count("own_sign_in.optional")
	if on != 0 && on != 1 || x.Required != (on == 1) {
		t.Errorf("it is required: %v, and was %d times more than it was not", x.Required, on)
	}
	// Of 40 first sign-ins at once, as many as a network may, of one account one links it, and all sign in or may try again.
	answers := make([]*answer, 40)
	callers := make([]*caller, 40)
	for i := range callers {
		callers[i] = p.nobody()
	}
	paths := make([]string, 40)
	for i, c := range callers {
		paths[i] = back(f.provider, f.id, f.account(f.third), c.with(f.id, ""))
	}
	for i, c := range callers {
		all.Go(func() { answers[i] = c.once(http.MethodGet, paths[i], nil) })
	}
	all.Wait()
	in := 0
	for _, a := range answers {
		if a.session() != "" {
			in++
		} else if a.status < 400 {
			t.Errorf("a sign-in leads to %s", a.header.Get("Location"))
		}
	}
	if in == 0 {
		t.Error("nobody got in")
	}
}

func TestSenderO6TheSignInPageShowsTheWayToAnybodyOfTheDomain(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "shows-way")
	asks := func(address string) *answer {
		t.Helper()
		c := p.nobody()
		at := c.post("/sign-in", url.Values{"do": {"code"}, "email": {address}, "next": {"/upgrade"}}).is(303).header.Get("Location")
		return c.get(at).is(200)
	}
	asks(f.third).misses("Okta") // nobody has to
	f.requires()
	with := `href="/sign-in/at/` + f.id + `/with?next=%2Fupgrade"`
	asks(f.third).shows("Sign in with Okta").holds(with)
	asks("stranger@" + f.domain).shows("Sign in with Okta").holds(with) // who works there is not told
	asks("ann@mail." + f.domain).misses("Okta")
	asks(p.address("someone")).misses("Okta")
	p.onFree(f.id)
	asks(f.third).misses("Okta")
}

func TestSenderO6AStepUpInTheOffice(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := own(t, local.Options{})
	f := newOffice(p, "steps")
	f.requires()
	untold := f.account(f.at)
	untold.Untold = true
	c := p.nobody()
	c.from(f.provider, f.id, untold, "").to("/home") // the provider does not say when it has asked the person
	c.strict = true
	typed := func(name string) url.Values {
		return do("add", url.Values{"email": {p.address(name)}, "level": {"admin"}})
	}
	form := typed("kim")
	at := c.post("/settings/members", form).is(307).header.Get("Location")
	p.skipCodes(f.at, 0)
	c.post(at, form).is(200).shows("Confirm it's you").holds(`value="` + f.id + `"`)
	// By a mailed code, as where the provider does not say when.
	form.Set("step-up-again", "1")
	c.post(at, form).is(200)
	form.Del("step-up-again")
	form.Set("step-up-code", p.nextCode(f.at))
	c.post(at, form).is(307).has("Location", "/settings/members")
	c.post("/settings/members", form).is(303)
	c.get("/account").is(403) // it has opened nothing else

	// By the provider, which has the person sign in again and says when.
	p.advance(identity.StepUpLasts + time.Second)
	steps := func(a provider.Account) *answer {
		t.Helper()
		form := typed("lee")
		at := c.post("/settings/members", form).is(307).header.Get("Location")
		form.Set("step-up-with", f.id)
		with := c.post(at, form).to("/sign-in/at/" + f.id + "/with?step-up=…").header.Get("Location")
		c.get(with, "Sec-Fetch-Site", "cross-site").is(403)
		asked, err := url.Parse(c.get(with, "Sec-Fetch-Site", "same-origin").is(303).header.Get("Location"))
		if err != nil || asked.Query().Get("prompt") != "login" || asked.Query().Get("max_age") != "0" {
			t.Fatalf("a step-up asks for %v, %v", asked, err)
		}
		return c.get(back(f.provider, f.id, a, asked))
	}
	steps(untold).to("/step-up?kept=…")
	c.post("/settings/members", typed("lee")).is(307)
	other := f.account(f.third)
	ans := steps(other).to("/step-up?kept=…")
	if !strings.Contains(ans.header.Get("Location"), "problem=not_yours") || ans.session() != "" {
		t.Errorf("another account leads to %s", ans.header.Get("Location"))
	}
	old := f.account(f.at)
	old.At = p.now().Add(-time.Hour)
	if ans := steps(old).to("/step-up?kept=…"); !strings.Contains(ans.header.Get("Location"), "problem=not_fresh") {
		t.Errorf("an old sign-in there leads to %s", ans.header.Get("Location"))
	}
	kept := steps(f.account(f.at)).to("/step-up?kept=…").header.Get("Location")
	c.get(kept).is(200)
	c.post("/settings/members", typed("lee")).is(303)
	// Nobody else's session steps up there.
	p.fresh(f.second).get("/sign-in/at/"+f.id+"/with?step-up=x", "Sec-Fetch-Site", "same-origin").is(403)
	p.nobody().get("/sign-in/at/"+f.id+"/with?step-up=x", "Sec-Fetch-Site", "same-origin").is(401)
}
