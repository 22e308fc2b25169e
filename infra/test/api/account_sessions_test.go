package apitest_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// ownSession is a session as the API answers it.
type ownSession struct {
	ID, Way, Provider, Device, Network, ActsFor string
	Current                                     bool
	SignedInAt, ProvedAt, ExpiresAt             time.Time
}

type ownSessions struct {
	Items      []ownSession
	NextCursor *string
}

// sessions are all of the caller's, by pages of so many.
func (c *caller) sessions(limit string) []ownSession {
	c.t.Helper()
	var all []ownSession
	for cursor := ""; ; {
		var page ownSessions
		c.get("/v1/sessions?limit=" + limit + "&cursor=" + cursor).is(200).into(&page)
		all = append(all, page.Items...)
		if page.NextCursor == nil {
			return all
		}
		cursor = *page.NextCursor
	}
}

// Browsers as they name themselves.
const (
	firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
	iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 " +
		"Mobile/15E148 Safari/604.1"
)

// signInWith signs a person in with a browser that was never seen, by the code from the mailbox.
func (p *product) signInWith(address, agent string) *caller {
	p.t.Helper()
	c := p.nobody()
	return c.again(address, agent)
}

// again signs the person in once more with the browser that it has.
func (c *caller) again(address, agent string) *caller {
	c.t.Helper()
	c.skipMails(address)
	c.post("/v1/sign-in-codes", m{"email": address}, "User-Agent", agent).is(202)
	c.cookie = c.post("/v1/sessions", m{"email": address, "code": c.nextCode(address)}, "User-Agent", agent).is(201).session()
	return c
}

func TestTheAccountListsWhereOneIsSignedIn(t *testing.T) {
	p := start(t)
	to := p.address("a")
	pc := p.signInWith(to, firefox)
	p.advance(30 * time.Second)
	phone := p.signInWith(to, iphone)
	all := phone.sessions("50")
	if len(all) != 2 || !all[0].Current || all[0].Device != "Safari, iOS" || all[1].Current || all[1].Device != "Firefox, Windows" {
		t.Fatalf("the phone sees %+v", all)
	}
	for _, s := range all {
		if s.Way != "code" || s.SignedInAt.IsZero() || !s.ProvedAt.Equal(s.SignedInAt) || !s.ExpiresAt.After(s.SignedInAt) ||
			!id.Valid("ses_", s.ID) {
			t.Errorf("%+v", s)
		}
		// The first part of the address tells one network from another, and is no one machine's.
		if !strings.HasSuffix(s.Network, "/24") && !strings.HasSuffix(s.Network, "/48") {
			t.Errorf("it came from %q", s.Network)
		}
	}
	if one := phone.sessions("1"); !slices.Equal(one, all) {
		t.Errorf("by pages of one they are %+v", one)
	}
	phone.get("/v1/sessions?cursor=x").fails(422, "invalid")
	phone.get("/account").is(200).shows("Where you're signed in", "Safari, iOS", "This device", "Firefox, Windows", "Signed in with a code")

	// What has ended is dead at once.
	stranger := p.signIn(p.address("b"))
	stranger.delete("/v1/sessions/"+all[1].ID).fails(404, "not_found")
	pc.get("/v1/sessions/current").is(200)
	p.nobody().delete("/v1/sessions/"+all[1].ID).fails(401, "unauthenticated")
	phone.delete("/v1/sessions/ses_x").fails(404, "not_found")
	phone.do(http.MethodDelete, "/v1/sessions/"+all[1].ID, nil, "User-Agent", iphone).is(204)
	pc.get("/v1/sessions/current").fails(401, "unauthenticated")
	phone.delete("/v1/sessions/"+all[1].ID).fails(404, "not_found")
	phone.get("/account").is(200).shows("Signed out on Firefox, Windows", "Safari, iOS").hides(`value="end-session"`)

	// By the page, also of one that is over.
	p.advance(30 * time.Second)
	pc = p.signInWith(to, firefox)
	gone := pc.sessions("50")[0].ID
	for range 2 {
		phone.post("/account", do("end-session", url.Values{"session": {gone}})).is(303).
			has("Location", "/account?done=session-ended#sessions")
	}
	pc.get("/account").is(303).has("Location", "/sign-in?next=%2Faccount")
	phone.get("/account?done=session-ended").is(200).shows("You're signed out there.")
	// One's own is a sign-out.
	here := phone.sessions("50")[0].ID
	guarded(t, phone.post("/account", do("end-session", url.Values{"session": {here}})).is(303).has("Location", "/sign-in?done=signed-out"))
	phone.get("/v1/sessions/current").fails(401, "unauthenticated")
}

func TestTheListOfSessionsGoesOn(t *testing.T) {
	p := own(t, local.Options{})
	to := email.Address(p.address("a"))
	me := p.signIn(string(to))
	table := dynamo.Open(p.aws(), p.place.Table, p.now)
	for n := range 45 { // as many as somebody has who signs in afresh every day, with some that are over
		now := p.now().Add(-time.Duration(n) * time.Hour).Truncate(time.Millisecond)
		_, s := identity.NewSession(id.UserOf(to), to, nil, identity.Proof{Way: identity.Passkey, Device: "Opera, Linux"}, now)
		if n%9 == 8 {
			s.ExpiresAt = now
		}
		code := identity.NewCode(s.User, to, now, s.ID)
		code.Sent()
		if err := dynamo.NewSignIns(table).OpenSession(t.Context(), code, s, nil); err != nil {
			t.Fatal(err)
		}
	}
	if all := me.sessions("7"); len(all) != 41 {
		t.Errorf("it has %d sessions, want 41", len(all))
	}
	seen := map[string]bool{}
	path, pages := "/account", 0
	for path != "" {
		a := me.get(path).is(200)
		if n := len(a.body); n > 60_000 {
			t.Errorf("a page of %d bytes", n)
		}
		for _, part := range strings.Split(string(a.body), `name="session" value="`)[1:] {
			seen[part[:strings.Index(part, `"`)]] = true
		}
		_, rest, more := strings.Cut(string(a.body), `href="/account?sessions=`)
		path = ""
		if more {
			path = "/account?sessions=" + rest[:strings.IndexAny(rest, `#"`)]
		}
		pages++
	}
	if len(seen) != 40 || pages != 3 {
		t.Errorf("%d pages offer to end %d sessions, want 3 and 40", pages, len(seen))
	}
	me.delete("/v1/sessions?keepCurrent=true").is(204)
	if all := me.sessions("50"); len(all) != 1 || !all[0].Current {
		t.Errorf("left are %+v", all)
	}
}

// mailed waits until mails are there, and no worker is at one any more: with the clock moved on it would be taken for dead, and what it
// sends be sent again.
func (p *product) mailed(what string, condition func() bool) {
	p.t.Helper()
	p.until(what, func() bool {
		var queues []struct {
			Name            string
			Depth, InFlight int
		}
		p.control(http.MethodGet, "queues", nil, &queues)
		busy := false
		for _, q := range queues {
			busy = busy || strings.Contains(q.Name, "mail") && q.Depth+q.InFlight > 0
		}
		return !busy && condition()
	})
}

func TestASignInWithANewDeviceIsToldOnce(t *testing.T) {
	p := own(t, local.Options{})
	to := p.address("a")
	pc := p.signInWith(to, firefox)
	p.advance(time.Minute)
	pc.again(to, firefox)
	p.advance(61 * time.Second)
	pc.get("/account").is(200).hides("Sign-in with a new device") // neither the first of all, nor one of a browser that was seen
	phone := p.signInWith(to, iphone)
	p.advance(61 * time.Second)
	p.mailed("the mail about it", func() bool { return len(p.greetings(to)) > 0 })
	told := p.greetings(to)[0]
	for _, want := range []string{"Safari, iOS", "with a code from this mailbox", "The IP address was like ", "sign out everywhere"} {
		if !strings.Contains(told.Text, want) {
			t.Errorf("the mail does not say %q: %s", want, told.Text)
		}
	}
	phone.get("/account").is(200).shows("Sign-in with a new device", "Safari, iOS")
	d := newDevice()
	phone.register(d)
	elsewhere := p.nobody()
	elsewhere.cookie = elsewhere.answers(d, elsewhere.asked()).is(201).session()
	elsewhere.cookie = elsewhere.answers(d, elsewhere.asked()).is(201).session() // by now it was seen
	p.advance(61 * time.Second)
	p.mailed("the mail about the passkey", func() bool { return len(p.greetings(to)) > 1 })
	p.advance(10 * time.Minute)
	if all := p.greetings(to); len(all) != 2 || !strings.Contains(all[0].Text, "with your passkey") {
		t.Errorf("%d mails tell of two new devices; the newest says %s", len(all), all[0].Text)
	}
}

// Somebody who signs in by a passkey with a browser that keeps nothing is told dozens of times a day, and no more.
func TestNewDevicesAreToldAtMostFortyTimesADay(t *testing.T) {
	p := own(t, local.Options{})
	to := p.address("a")
	d := newDevice()
	p.signIn(to).register(d)
	var me *caller
	for n := range 45 {
		if n == 30 {
			p.advance(11 * time.Minute) // as the limit of a network asks for
		}
		me = p.nobody()
		me.cookie = me.answers(d, me.asked()).is(201).session()
	}
	p.advance(61 * time.Second)
	p.mailed("the mails", func() bool { return len(p.greetings(to)) >= 40 })
	p.advance(10 * time.Minute)
	var e struct{ Changes []struct{ What string } }
	me.get("/v1/me/export").is(200).into(&e)
	shown := 0
	for _, c := range e.Changes {
		if c.What == "new_device" {
			shown++
		}
	}
	if n := len(p.greetings(to)); n != 40 || shown != 40 {
		t.Errorf("%d mails, and %d rows", n, shown)
	}
}

func TestSixtyFourWhoSignOutEverywhereAreToldOnce(t *testing.T) {
	p := own(t, local.Options{})
	for _, c := range []struct{ name, path, row, subject string }{
		{"all", "/v1/sessions", "Signed out everywhere", "You were signed out everywhere"},
		{"current", "/v1/sessions/current?everywhere=true", "Signed out everywhere", "You were signed out everywhere"},
		{"others", "/v1/sessions?keepCurrent=true", "Signed out everywhere else", "You were signed out on your other devices"},
	} {
		to := p.address(c.name)
		me := p.signInWith(to, firefox)
		others := []*caller{p.signInWith(to, iphone), p.signInWith(to, iphone)}
		p.skipMails(to)
		before := len(p.mails(to))
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				if a := me.delete(c.path); a.status != 204 && a.status != 401 {
					t.Errorf("%s: one of 64 answered %d: %s", c.name, a.status, a.body)
				}
			})
		}
		all.Wait()
		for _, o := range others {
			o.get("/v1/sessions/current").fails(401, "unauthenticated")
		}
		p.advance(61 * time.Second)
		p.mailed("the mail", func() bool { return len(p.mails(to)) > before })
		p.advance(10 * time.Minute)
		if news := p.mails(to)[:len(p.mails(to))-before]; len(news) != 1 || news[0].Subject != c.subject {
			t.Errorf("%s: %d mails, the newest %q", c.name, len(news), news[0].Subject)
		}
		if c.name != "others" {
			me.get("/v1/sessions/current").fails(401, "unauthenticated")
			me.again(to, firefox)
		}
		if n := strings.Count(me.get("/account").is(200).text(), c.row); n != 1 {
			t.Errorf("%s: the account has %d rows of it", c.name, n)
		}
		// With nothing to end there is nothing to tell.
		before = len(p.mails(to))
		me.delete("/v1/sessions?keepCurrent=true").is(204)
		p.advance(61 * time.Second)
		if len(p.mails(to)) != before {
			t.Errorf("%s: a mail tells of nothing", c.name)
		}
	}
}

func TestSixtyFourWhoEndASessionEndItOnce(t *testing.T) {
	p := own(t, local.Options{})
	to := p.address("a")
	me, other := p.signInWith(to, firefox), p.signInWith(to, iphone)
	which := other.sessions("50")[0].ID
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := map[int]int{}
	for range 64 {
		all.Go(func() {
			a := me.delete("/v1/sessions/" + which)
			mu.Lock()
			defer mu.Unlock()
			answers[a.status]++
		})
	}
	all.Wait()
	if answers[204] != 1 || answers[404] != 63 {
		t.Errorf("the answers were %v", answers)
	}
	other.get("/v1/sessions/current").fails(401, "unauthenticated")
	if n := strings.Count(me.get("/account").is(200).text(), "Signed out on Safari, iOS"); n != 1 {
		t.Errorf("the account has %d rows of it", n)
	}
}

// Signing out everywhere finds a session that goes on in another one while it looks: whoever chooses another agency meanwhile is out, too.
func TestNobodySlipsThroughWhenEverybodyIsSignedOut(t *testing.T) {
	p := own(t, local.Options{})
	to := p.address("a")
	me, other := p.signIn(to), p.signIn(to)
	var made struct{ ID string }
	a := other.post("/v1/agencies", m{"name": "One"}).is(201).into(&made)
	other.cookie = a.session()
	var all sync.WaitGroup
	all.Go(func() {
		for range 10 {
			a := other.post("/agencies", do("switch", url.Values{"agency": {made.ID}}))
			if s := a.session(); s != "" {
				other.cookie = s
			}
		}
	})
	me.delete("/v1/sessions?keepCurrent=true").is(204)
	all.Wait()
	if left := me.sessions("50"); len(left) != 1 {
		t.Errorf("left are %+v", left)
	}
	other.get("/v1/sessions/current").fails(401, "unauthenticated")
}

// bound is somebody whom an agency's own provider has let in.
func (p *product) bound(to email.Address, at identity.Membership) *caller {
	p.t.Helper()
	now := p.now().Truncate(time.Millisecond)
	cookie, s := identity.NewSession(id.UserOf(to), to, []identity.Membership{at},
		identity.Proof{Way: identity.Provider, Provider: identity.OfAgency(at.Agency), Issuer: issuedBy, Bound: at.Agency}, now)
	code := identity.NewCode(s.User, to, now, s.ID)
	code.Sent()
	if err := dynamo.NewSignIns(dynamo.Open(p.aws(), p.place.Table, p.now)).OpenSession(p.t.Context(), code, s, nil); err != nil {
		p.t.Fatal(err)
	}
	return &caller{product: p, cookie: cookie}
}

// What an agency's own provider opens is the agency's: the person's own account is none of it.
func TestSenderO6AnAgencysOwnProviderOpensNoAccount(t *testing.T) {
	p := own(t, local.Options{})
	to := email.Address(p.address("a"))
	me := p.signIn(string(to))
	c := p.bound(to, identity.Membership{Agency: "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"})
	mine := me.sessions("50")
	for _, s := range mine {
		c.delete("/v1/sessions/"+s.ID).fails(403, "forbidden")
	}
	for _, a := range []*answer{c.get("/v1/me/identities"), c.post("/v1/me/identities", m{"provider": "issuer"}),
		c.delete("/v1/me/identities/x"), c.get("/v1/sessions"), c.delete("/v1/sessions"), c.delete("/v1/sessions?keepCurrent=true"),
		c.delete("/v1/sessions/current?everywhere=true"), c.get("/v1/me/export"), c.delete("/v1/me"),
		c.post("/v1/portal/leave", m{"agency": "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"})} {
		a.fails(403, "forbidden")
	}
	for _, a := range []*answer{c.get("/account"), c.post("/account", do("end-sessions", nil)), c.post("/account", do("end-others", nil)),
		c.post("/account", do("end-session", url.Values{"session": {mine[0].ID}})),
		c.post("/account", do("disconnect", url.Values{"issuer": {"x"}}))} {
		a.is(403).shows("which opens that agency only")
	}
	me.get("/v1/sessions/current").is(200)
	c.delete("/v1/sessions/current").is(204) // its own way out
}

func TestSenderO9SigningOutIsLocalAndSaysSo(t *testing.T) {
	p := start(t)
	s := p.inside().Provider
	to := p.address("a")
	p.signIn(to)
	c := p.nobody()
	c.from(s, "issuer", elsewhere(to, to), "").to("/")
	if all := c.sessions("50"); all[0].Way != "provider" || all[0].Provider != "issuer" {
		t.Errorf("%+v", all)
	}
	c.get("/account").is(200).shows("Signed in with "+"Local provider", "Code by email")
	c.post("/account", do("sign-out", nil)).is(303).has("Location", "/sign-in?done=signed-out&with=issuer")
	c.cookie = ""
	c.get("/sign-in?done=signed-out&with=issuer").is(200).
		shows("You're signed out. You may still be signed in to " + "Local provider" + ". On a shared device, sign out there, too.")
	c.get("/sign-in?done=signed-out&with=provider").is(200).shows("You may still be signed in where you came from.")
	c.get("/sign-in?done=signed-out&with=elsewhere").is(200).shows("You're signed out.").hides("still")
	c.from(s, "issuer", elsewhere(to, to), "").to("/")
	c.post("/account", do("end-sessions", nil)).is(303).has("Location", "/sign-in?done=everywhere&with=issuer")
	p.signIn(to).post("/account", do("sign-out", nil)).is(303).has("Location", "/sign-in?done=signed-out")
}

// losing is a network on which messages to queues get lost while it is told so.
type losing struct {
	to   aws.HTTPClient
	lose *atomic.Bool
}

func (l losing) Do(r *http.Request) (*http.Response, error) {
	if l.lose.Load() && strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".SendMessage") {
		return nil, errors.New("the message is lost")
	}
	return l.to.Do(r)
}

func TestEachChangeIsToldOnceHoweverManyAskAndWhateverTheQueueLoses(t *testing.T) {
	notAsBuilt(t, "a message is lost by what calls AWS in this process")
	var lose atomic.Bool
	p := own(t, local.Options{Calls: func(next aws.HTTPClient) aws.HTTPClient { return losing{next, &lose} }})
	to := p.address("a")
	me := p.signInWith(to, firefox)
	d := newDevice()
	var key ownPasskey
	s := p.inside().Provider
	var attestation raw
	var linked, code string
	var phone *caller
	ready := func() {}
	for _, c := range []struct {
		subject, row string
		before       func()
		ask          func() int
	}{
		{"Passkey created", "Passkey created: iCloud Keychain", func() { attestation = me.made(d, me.creation()) }, func() int {
			a := me.postJSON("/v1/me/passkeys", attestation)
			if a.status == 201 {
				a.into(&key)
			}
			return a.status
		}},
		{"Passkey renamed", "Passkey renamed from iCloud Keychain to Phone", ready, func() int {
			return me.do(http.MethodPatch, "/v1/me/passkeys/"+key.ID, m{"name": "Phone"}).status
		}},
		{"Passkey removed", "Passkey removed: Phone", ready, func() int { return me.delete("/v1/me/passkeys/" + key.ID).status }},
		{"Local provider now signs you in", "Local provider connected", func() {
			at, err := url.Parse(me.get("/sign-in/with/issuer?link=1", "Sec-Fetch-Site", "same-origin").is(303).header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			linked = back(s, "issuer", elsewhere("s", to), at)
		}, func() int { return me.get(linked).status }},
		{"Local provider no longer signs you in", "Local provider disconnected", ready, func() int {
			return me.post("/account", do("disconnect", url.Values{"issuer": {s.Issuer}})).status
		}},
		{"New sign-in to Latchkey", "Sign-in with a new device", func() {
			phone = p.nobody()
			p.skipMails(to)
			phone.post("/v1/sign-in-codes", m{"email": to}).is(202)
			code = p.nextCode(to)
		}, func() int {
			return phone.post("/v1/sessions", m{"email": to, "code": code}, "User-Agent", iphone).status
		}},
		{"You were signed out on your other devices", "Signed out everywhere else", ready, func() int {
			return me.delete("/v1/sessions?keepCurrent=true").status
		}},
	} {
		count := func() int {
			n := 0
			for _, m := range p.allMails(to) {
				if m.Subject == c.subject {
					n++
				}
			}
			return n
		}
		before, rows := count(), strings.Count(me.get("/account").is(200).text(), c.row)
		p.advance(11 * time.Minute) // the network has tried often
		me.again(to, firefox)
		c.before()
		lose.Store(true)
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				if status := c.ask(); status >= 500 {
					t.Errorf("%s: one of 64 answered %d", c.subject, status)
				}
			})
		}
		all.Wait()
		lose.Store(false)
		p.advance(61 * time.Second)
		p.mailed(c.subject, func() bool { return count() > before })
		for range 5 {
			p.advance(time.Minute)
		}
		if n := count() - before; n != 1 {
			t.Errorf("%d mails say %q", n, c.subject)
		}
		if n := strings.Count(me.get("/account").is(200).text(), c.row) - rows; n != 1 {
			t.Errorf("the account has %d more rows of %q", n, c.row)
		}
	}
}

// connected is an account at a provider as the API answers it.
type connected struct {
	ID, Provider, Name, Issuer, Email string
	LinkedAt                          time.Time
}

func (c *caller) identities() []connected {
	c.t.Helper()
	var all struct{ Items []connected }
	c.get("/v1/me/identities").is(200).into(&all)
	return all.Items
}

func TestAccountsElsewhereAreConnectedAndDisconnectedByTheAPI(t *testing.T) {
	p := start(t)
	s := p.inside().Provider
	to := p.address("a")
	c := p.signIn(to)
	var list struct {
		Items     []connected
		Providers []string
	}
	c.get("/v1/me/identities").is(200).into(&list)
	if len(list.Items) != 0 || !slices.Equal(list.Providers, []string{"issuer"}) {
		t.Errorf("%+v", list)
	}
	c.post("/v1/me/identities", m{"provider": "elsewhere"}).fails(422, "invalid")
	var begun struct{ URL string }
	c.post("/v1/me/identities", m{"provider": "issuer"}).is(200).into(&begun)
	at, err := url.Parse(begun.URL)
	if err != nil {
		t.Fatal(err)
	}
	c.get(back(s, "issuer", elsewhere(to, to), at)).to("/account?…")
	all := c.identities()
	if len(all) != 1 || all[0].Provider != "issuer" || all[0].Name != "Local provider" || all[0].Email != to || all[0].LinkedAt.IsZero() {
		t.Fatalf("%+v", all)
	}
	p.signIn(p.address("b")).delete("/v1/me/identities/"+all[0].ID).fails(404, "not_found")
	p.nobody().delete("/v1/me/identities/"+all[0].ID).fails(401, "unauthenticated")
	c.delete("/v1/me/identities/" + all[0].ID).is(204)
	c.delete("/v1/me/identities/"+all[0].ID).fails(404, "not_found")
	if all := c.identities(); len(all) != 0 {
		t.Errorf("left are %+v", all)
	}
	p.advance(11 * time.Minute)
	c.strict = true
	c.post("/v1/me/identities", m{"provider": "issuer"}).fails(403, "step_up_required")
	c.delete("/v1/me/identities/"+all[0].ID).fails(403, "step_up_required")
}
