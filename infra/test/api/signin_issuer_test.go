package apitest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/provider"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/signin"
)

const discovery = "/.well-known/openid-configuration"

// TestSenderO6SavingAsksNobodyAndTheTestSaysWhatIsWrong: nobody waits for a provider that is set up wrong while it is saved, and whoever
// tests it, as is needed before it is demanded, reads what to mend.
func TestSenderO6SavingAsksNobodyAndTheTestSaysWhatIsWrong(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	odd := &provider.Server{Issuer: "https://id.odd.example"}
	p := own(t, local.Options{Accounts: map[string]http.Handler{"id.odd.example": odd}})
	odd.Now = p.now
	f := newOffice(p, "odd")
	registration := f.registration()
	registration["issuer"] = odd.Issuer
	answers := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != discovery {
				return false
			}
			until, ok := r.Context().Deadline()
			if left := time.Until(until); !ok || left > 5*time.Second {
				t.Errorf("a person waits %s for discovery", left)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	const down, none = "Okta isn&#39;t answering right now. Try again in a moment.", "We found no OpenID provider at this issuer URL"
	test := "/sign-in/at/" + f.id + "/with?fresh=1&next=%2Fsettings%2Fsign-in"
	for what, x := range map[string]struct {
		answers func(http.ResponseWriter, *http.Request) bool
		problem string
		says    string
	}{
		"dead":           {answers(502, "down"), "unavailable", down},
		"not there":      {answers(404, "nothing"), "no_provider", none},
		"huge":           {answers(200, `{"issuer":"`+strings.Repeat("x", 300<<10)+`"}`), "no_provider", none},
		"no document":    {answers(200, "<html>"), "no_provider", none},
		"lying":          {answers(200, `{"issuer":"https://id.odd.example/"}`), "no_provider", none},
		"private inside": {answers(200, `{"issuer":"https://id.odd.example","authorization_endpoint":"https://id.odd.example/a","token_endpoint":"https://10.0.0.1/t","jwks_uri":"https://id.odd.example/k"}`), "no_provider", none},
	} {
		odd.Fail(x.answers)
		before := odd.Asked(discovery)
		registration["clientSecret"] = what // what is known of it is forgotten
		f.owner.put(ownIssuerPath, registration).is(200)
		f.owner.post("/settings/sign-in", do("save", url.Values{"name": {"Okta"}, "issuer": {odd.Issuer}, "client-id": {provider.ClientID},
			"client-secret": {what + " by form"}})).to("/settings/sign-in?done=saved")
		if n := odd.Asked(discovery); n != before {
			t.Errorf("%s: saving asked the provider %d times", what, n-before)
		}
		to := f.owner.get(test).to("/settings/sign-in?problem=" + x.problem).header.Get("Location")
		if a := f.owner.get(to).is(200); !strings.Contains(string(a.body), x.says) && !strings.Contains(a.text(), x.says) {
			t.Errorf("%s: the owner reads %s", what, a.text())
		}
		f.owner.patch(ownIssuerPath, m{"required": true}).fails(409, "not_active") // so nobody is locked out
		at := p.nobody().get("/sign-in/at/" + f.id + "/with?next=%2Fclients").is(303).header.Get("Location")
		if !strings.HasSuffix(at, "problem="+x.problem) {
			t.Errorf("%s: a member is led to %s", what, at)
		}
		p.nobody().get(at).is(200).misses("issuer URL")
	}
	// What was fine when somebody left, and has gone wrong since.
	odd.Fail(nil)
	registration["clientSecret"] = provider.Secret
	f.owner.put(ownIssuerPath, registration).is(200)
	c := p.nobody()
	asked := c.with(f.id, "")
	odd.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	c.get(back(odd, f.id, f.account(f.at), asked)).to("/sign-in/at/" + f.id + "?problem=unavailable")
	odd.Fail(nil)
	c.from(odd, f.id, f.account(f.at), "").to("/home")
}

// TestSenderO6AStepUpThereIsForItsOwnSessionsAlone: what an agency's own provider says proves nothing for a session of another way.
func TestSenderO6AStepUpThereIsForItsOwnSessionsAlone(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := own(t, local.Options{})
	f := newOffice(p, "step-own")
	in := f.signs(f.at)
	in.strict, f.owner.strict = true, true
	p.advance(identity.StepUpLasts + time.Second)
	form := do("add", url.Values{"email": {p.address("kim")}, "level": {"admin"}})

	// A session by a code is not led there, whatever it asks for, and is let into no errand by it.
	at := f.owner.post("/settings/members", form).is(307).header.Get("Location")
	with := url.Values{"step-up-with": {f.id}}
	for name, v := range form {
		with[name] = v
	}
	f.owner.post(at, with).is(200).shows("Confirm it's you").misses("Okta")
	f.owner.get("/sign-in/at/"+f.id+"/with?step-up=x", "Sec-Fetch-Site", "same-origin").is(403)
	for _, path := range []string{"/sign-in/with/" + f.id, "/sign-in/with/" + f.id + "?step-up=x",
		"/sign-in/from/" + f.id + "?code=x&state=y"} {
		if a := f.owner.get(path, "Sec-Fetch-Site", "same-origin"); a.status != 404 {
			t.Errorf("%s answers %d", path, a.status)
		}
	}
	// One that it let in begins; another session of the same person's, by a code, brings back the answer in the same browser.
	begins := func() *url.URL {
		at := in.post("/settings/members", form).is(307).header.Get("Location")
		to := in.post(at, with).to("/sign-in/at/" + f.id + "/with?step-up=…").header.Get("Location")
		asked, err := url.Parse(in.get(to, "Sec-Fetch-Site", "same-origin").is(303).header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return asked
	}
	asked := begins()
	bound := in.cookie
	in.cookie = f.owner.cookie
	to := in.get(back(f.provider, f.id, f.account(f.at), asked)).to("/step-up?…").header.Get("Location")
	if !strings.Contains(to, "problem=not_you") {
		t.Errorf("another session is led to %s", to)
	}
	in.post("/settings/members", form).is(307)
	in.cookie = bound
	in.post("/settings/members", form).is(307)
	// By the operator's providers, or a passkey, nobody steps up who was let in by the agency's.
	at = in.post("/settings/members", form).is(307).header.Get("Location")
	with.Set("step-up-with", "issuer")
	in.post(at, with).is(200).shows("Confirm it's you").misses("Local provider")
	in.get("/sign-in/with/issuer?step-up=x", "Sec-Fetch-Site", "same-origin").is(401) // it is nobody there
	in.post("/v1/sessions/current/step-up-passkey-options", nil).fails(403, "forbidden")
	// And by its own it does.
	with.Set("step-up-with", f.id)
	in.get(back(f.provider, f.id, f.account(f.at), begins())).to("/step-up?kept=…")
	in.post("/settings/members", form).is(303)
}

// TestSenderO6AnAgencyIsClosedWithItsProvider: what was set up goes with it, and opens nothing afterwards.
func TestSenderO6AnAgencyIsClosedWithItsProvider(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "closed")
	_, b := p.another("stays")
	b.add(f.at, "owner")
	invited := b.invite(f.third)
	p.accept(f.third)
	boss, member := f.requires(), f.signs(f.third)
	late := p.nobody()
	asked := late.with(f.id, "")
	p.skipMails(f.at)
	boss.proves()
	boss.do(http.MethodDelete, "/v1/agency", m{"name": "Office closed " + p.run}).is(204)
	for _, c := range []*caller{boss, member} {
		if a := c.get("/v1/clients"); a.status != 401 && a.status != 403 {
			t.Errorf("a session of the closed agency's provider is answered %d", a.status)
		}
		c.get("/account").is(403)
		c.get("/portal?agency=" + b.agencyOf()).is(403)
	}
	at := "/sign-in/at/" + f.id
	p.nobody().get(at).is(404)
	p.nobody().get(at + "/with").is(404)
	late.get(back(f.provider, f.id, f.account(f.at), asked)).is(400)
	if held := fmt.Sprint(p.items(f.id)); strings.Contains(held, f.provider.Issuer) {
		t.Error("the provider and its secret are kept beyond the agency's end")
	}
	// Everything else of theirs opens as before.
	p.fresh(f.third).get("/portal?agency=" + b.agencyOf()).is(200)
	_ = invited
	me := p.session(email.Address(f.at))
	me.get("/v1/agency").is(200)
	if me.agencyOf() != b.agencyOf() {
		t.Errorf("the owner acts for %s", me.agencyOf())
	}
}

// TestSenderO6WhoComesLaterIsHeldToItAsWell: a member who is added, or made one from a client, while it is demanded; also at the very
// moment in which an owner demands it.
func TestSenderO6WhoComesLaterIsHeldToItAsWell(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "later")
	boss := f.requires()
	boss.add("dee@"+f.domain, "admin")
	p.fresh("dee@"+f.domain).get("/v1/clients").fails(403, "issuer_required")
	f.signs("dee@" + f.domain).get("/v1/clients").is(200)
	to := "eve@" + f.domain
	invited := boss.invite(to)
	p.accept(to)
	boss.put("/v1/portal-app", nil).is(200)
	boss.proves()
	boss.post("/v1/clients/"+invited.ClientID+"/make-internal", nil).is(201)
	p.fresh(to).get("/v1/home").fails(403, "issuer_required")
	// All at once: of those who come while it is switched, nobody is missed.
	boss.patch(ownIssuerPath, m{"required": false}).is(200)
	var all sync.WaitGroup
	address := func(n int) string { return fmt.Sprintf("at-once-%d@%s", n, f.domain) }
	for n := range 12 {
		all.Go(func() { boss.once(http.MethodPost, "/v1/members", m{"email": address(n), "level": "admin"}) })
		all.Go(func() { boss.once(http.MethodPatch, ownIssuerPath, m{"required": n%2 == 0}) })
	}
	all.Wait()
	boss.patch(ownIssuerPath, m{"required": false})
	boss.patch(ownIssuerPath, m{"required": true}).is(200)
	n := 0
	for _, x := range boss.colleagues() {
		if x.Email == f.at {
			continue
		}
		n++
		p.fresh(x.Email).get("/v1/home").fails(403, "issuer_required")
	}
	if n < 4 {
		t.Errorf("only %d colleagues", n)
	}
	boss.patch(ownIssuerPath, m{"required": false}).is(200)
	for _, x := range boss.colleagues() {
		p.fresh(x.Email).get("/v1/home").is(200)
	}
}

// TestSenderO6SavingAtOnceLeavesOneOfThem: 64 at once leave one provider whole, with a row of the log for each that was written.
func TestSenderO6SavingAtOnceLeavesOneOfThem(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "saves")
	var all sync.WaitGroup
	answers := make([]*answer, 64)
	for i := range answers {
		all.Go(func() {
			answers[i] = f.owner.once(http.MethodPut, ownIssuerPath, m{"name": fmt.Sprint("Okta ", i), "issuer": f.provider.Issuer,
				"clientId": fmt.Sprint("client-", i), "clientSecret": fmt.Sprint("secret-", i)})
		})
	}
	all.Wait()
	saved := 1 // newOffice's
	for _, a := range answers {
		switch a.status {
		case 200:
			saved++
		case 409, 503: // too many at once: asked again
		default:
			t.Errorf("one is answered %d: %s", a.status, a.text())
		}
	}
	var x ownIssuer
	f.owner.get(ownIssuerPath).is(200).into(&x)
	which := strings.TrimPrefix(x.Provider.Name, "Okta ")
	a, err := dynamo.NewOwnSignIns(dynamo.Open(p.aws(), p.place.Table, p.now)).Agency(t.Context(), id.Agency(f.id))
	if err != nil || x.Provider.ClientID != "client-"+which || a.SignIn.Version != saved {
		t.Errorf("left is %+v in version %d, of %d that were saved: %v", x.Provider, a.SignIn.Version, saved, err)
	}
	rows := 0
	for _, r := range f.owner.activity("") {
		if r.Action == "own_sign_in.set" {
			rows++
		}
	}
	if rows != saved {
		t.Errorf("%d were saved, and the log has %d", saved, rows)
	}
}

// asking counts what the wrapper reads of agencies.
type asking struct {
	dynamo.Credentials

	agencies *int
}

func (a asking) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	*a.agencies++
	return a.Credentials.Agency(ctx, which)
}

// TestSenderO6WhoHasNoneReadsNothingMore: at an agency that demands no provider of its own a request reads the session and the member, as
// ever.
func TestSenderO6WhoHasNoneReadsNothingMore(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "reads")
	n := 0
	auth := &signin.Authenticator{Now: p.now, Store: asking{dynamo.NewCredentials(dynamo.Open(p.aws(), p.place.Table, p.now)), &n}}
	reads := func(c *caller) int {
		t.Helper()
		n = 0
		by := signin.Credentials{Session: c.cookie, Bearer: c.bearer}
		_, _ = auth.Authenticate(t.Context(), by, identity.ByStaff(identity.ClientsRead))
		return n
	}
	key := p.program(f.owner.key("reads "+p.run, "clients:read").Secret)
	if got := reads(f.owner) + reads(key); got != 0 {
		t.Errorf("where it is not demanded %d agencies are read", got)
	}
	boss := f.requires()
	if got := reads(f.admin); got != 1 {
		t.Errorf("where it is demanded %d agencies are read", got)
	}
	if got := reads(key); got != 0 {
		t.Errorf("for a key %d agencies are read", got)
	}
	boss.proves()
	boss.patch(ownIssuerPath, m{"required": false}).is(200)
	if got := reads(f.admin); got != 0 {
		t.Errorf("where it is demanded no more %d agencies are read", got)
	}
}

// All owners are told each time that it is demanded and not demanded any more: there is an end to it. Letting people in as before always
// works.
func TestFD6DemandingItInTurnMailsOwnersNotWithoutEnd(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "turns")
	boss := f.requires() // once
	for range 39 {
		boss.patch(ownIssuerPath, m{"required": false}).is(200)
		boss.patch(ownIssuerPath, m{"required": true}).is(200)
	}
	boss.patch(ownIssuerPath, m{"required": false}).is(200)
	boss.patch(ownIssuerPath, m{"required": true}).fails(429, "rate_limited")
}
