package apitest_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	virtual "github.com/descope/virtualwebauthn"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/passkey"
)

// device is somebody's authenticator, with one passkey.
type device struct {
	virtual.Authenticator
	key virtual.Credential
}

// ecKey is a credential whose key has both coordinates in full: the authenticator for tests leaves out zeros in front of them, which no
// real one does (RFC 9053 section 7.1.1), and such a key is refused. With them its COSE is of 77 bytes.
func ecKey() virtual.Credential {
	for {
		if c := virtual.NewCredential(virtual.KeyTypeEC2); len(c.Key.AttestationData()) == 77 {
			return c
		}
	}
}

// newDevice is an authenticator of a kind that the product knows by name.
func newDevice() *device {
	d := &device{Authenticator: virtual.NewAuthenticator(), key: ecKey()}
	d.Aaguid = [16]byte{0xfb, 0xfc, 0x30, 0x07, 0x15, 0x4e, 0x4e, 0xcc, 0x8c, 0x0b, 0x6e, 0x02, 0x05, 0x57, 0xd7, 0xbd}
	return d
}

// party is the product as authenticators know it.
func (p *product) party() virtual.RelyingParty {
	p.t.Helper()
	u, err := url.Parse(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	return virtual.RelyingParty{ID: u.Hostname(), Origin: p.url}
}

// own is a passkey as the API answers it.
type ownPasskey struct {
	ID, Name, Provider, CredentialID string
	Synced                           bool
	LastUsedAt, SuspectedAt          *time.Time
}

// creation is what beginPasskey asks.
func (c *caller) creation() *virtual.AttestationOptions {
	c.t.Helper()
	o, err := virtual.ParseAttestationOptions(string(c.post("/v1/me/passkeys/options", nil).is(200).body))
	if err != nil {
		c.t.Fatal(err)
	}
	return o
}

// made is what the device answers to it.
func (c *caller) made(d *device, o *virtual.AttestationOptions) raw {
	d.Options.UserHandle = []byte(o.UserID)
	return raw(virtual.CreateAttestationResponse(c.party(), d.Authenticator, d.key, *o))
}

// register creates a passkey.
func (c *caller) register(d *device) ownPasskey {
	c.t.Helper()
	var k ownPasskey
	c.postJSON("/v1/me/passkeys", c.made(d, c.creation())).is(201).into(&k)
	return k
}

// postJSON sends JSON as it is.
func (c *caller) postJSON(path string, body raw) *answer {
	c.t.Helper()
	return c.post(path, body, "Content-Type", "application/json")
}

// asked is what beginPasskeySignIn asks.
func (c *caller) asked() virtual.AssertionOptions {
	c.t.Helper()
	o, err := virtual.ParseAssertionOptions(string(c.post("/v1/sessions/passkey-options", nil).is(200).body))
	if err != nil {
		c.t.Fatal(err)
	}
	return *o
}

// shows the passkey: what the device answers.
func (c *caller) answers(d *device, o virtual.AssertionOptions) *answer {
	c.t.Helper()
	return c.postJSON("/v1/sessions/passkey", raw(virtual.CreateAssertionResponse(c.party(), d.Authenticator, d.key, o)))
}

func (c *caller) keys() []ownPasskey {
	c.t.Helper()
	var all struct{ Items []ownPasskey }
	c.get("/v1/me/passkeys").is(200).into(&all)
	return all.Items
}

func TestSenderP1P2APasskeyIsForTheHostAndAsksForWhatItMust(t *testing.T) {
	p := start(t)
	to := p.address("a")
	c := p.signIn(to)
	var o struct {
		PublicKey struct {
			RP                     struct{ ID, Name string }
			User                   struct{ ID, Name string }
			Challenge, Attestation string
			Timeout                int
			ExcludeCredentials     []struct{ ID string }
			AuthenticatorSelection struct {
				ResidentKey, UserVerification string
				RequireResidentKey            bool
			}
		}
	}
	first := c.post("/v1/me/passkeys/options", nil).is(200).into(&o)
	k := o.PublicKey
	if k.RP.ID != p.party().ID || k.Attestation != "none" || k.AuthenticatorSelection.ResidentKey != "required" ||
		!k.AuthenticatorSelection.RequireResidentKey || k.AuthenticatorSelection.UserVerification != "required" ||
		len(k.ExcludeCredentials) != 0 || k.Timeout != 300000 {
		t.Errorf("%s", first.body)
	}
	handle, err := base64.RawURLEncoding.DecodeString(k.User.ID)
	if err != nil || len(handle) != 32 || strings.Contains(string(handle), to) || k.User.Name != to {
		t.Errorf("the handle is %q of %q", k.User.ID, k.User.Name)
	}
	if challenge, err := base64.RawURLEncoding.DecodeString(k.Challenge); err != nil || len(challenge) != passkey.ChallengeSize {
		t.Errorf("the challenge is %q", k.Challenge)
	}
	was := k.User.ID
	d := newDevice()
	made := c.register(d)
	if made.Name != "iCloud Keychain" || made.Provider != "iCloud Keychain" || made.LastUsedAt != nil {
		t.Errorf("%+v", made)
	}
	c.post("/v1/me/passkeys/options", nil).is(200).into(&o)
	if k := o.PublicKey; k.User.ID != was || len(k.ExcludeCredentials) != 1 || k.ExcludeCredentials[0].ID != made.CredentialID {
		t.Errorf("%+v", k)
	}
	c.postJSON("/v1/me/passkeys", c.made(d, c.creation())).fails(422, "invalid") // the same once more
	if second := c.register(newDevice()); second.Name != "iCloud Keychain 2" {
		t.Errorf("the second one is called %q", second.Name)
	}
	other := p.signIn(p.address("b"))
	stolen := *d
	other.postJSON("/v1/me/passkeys", other.made(&stolen, other.creation())).fails(422, "invalid") // somebody else's

	p.nobody().post("/v1/me/passkeys/options", nil).fails(401, "unauthenticated")
	waiting := c.creation()
	p.advance(11 * time.Minute) // who sits at a browser that was left open adds none
	c.strict = true
	c.post("/v1/me/passkeys/options", nil).fails(403, "step_up_required")
	c.postJSON("/v1/me/passkeys", c.made(newDevice(), waiting)).fails(403, "step_up_required")
	if got := c.keys(); len(got) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestSenderP2NobodyHasMoreThanTenPasskeysHoweverManyAreMadeAtOnce(t *testing.T) {
	p := start(t)
	c := p.signIn(p.address("a"))
	const many = 64
	bodies := make([]raw, many)
	for n := range bodies {
		bodies[n] = c.made(newDevice(), c.creation())
	}
	var wait sync.WaitGroup
	status := make([]int, many)
	for n := range bodies {
		wait.Go(func() { status[n] = c.postJSON("/v1/me/passkeys", bodies[n]).status })
	}
	wait.Wait()
	count := map[int]int{}
	for _, s := range status {
		count[s]++
	}
	got := c.keys()
	if len(got) > passkey.Most || count[201] != len(got) || count[500] != 0 {
		t.Errorf("%v, and %d are kept", count, len(got))
	}
	for len(c.keys()) < passkey.Most { // where callers were in each other's way, there is room left
		c.register(newDevice())
	}
	c.post("/v1/me/passkeys/options", nil).fails(409, "limit_reached")
	names := map[string]bool{}
	for _, k := range c.keys() {
		names[k.Name] = true
	}
	if len(names) != passkey.Most {
		t.Errorf("names %v", names)
	}
	who := string(id.UserOf(email.Address(p.address("a"))))
	for _, i := range p.items("us#" + who) { // none of it is a secret that is kept twice
		if sk, _ := i["sk"].(*types.AttributeValueMemberS); sk != nil && sk.Value == "passkeys" {
			if keys, _ := i["keys"].(*types.AttributeValueMemberL); keys == nil || len(keys.Value) != passkey.Most {
				t.Errorf("%v", i)
			}
		}
	}
}

func TestSenderP3P4SigningInWithAPasskey(t *testing.T) {
	p := start(t)
	to := p.address("a")
	c := p.signIn(to)
	d := newDevice()
	c.register(d)

	phone := p.nobody()
	var o struct {
		PublicKey struct {
			AllowCredentials       []any
			RPID, UserVerification string
		}
	}
	phone.post("/v1/sessions/passkey-options", nil).is(200).into(&o)
	if k := o.PublicKey; k.AllowCredentials == nil || len(k.AllowCredentials) != 0 || k.RPID != p.party().ID ||
		k.UserVerification != "required" {
		t.Errorf("%+v", k)
	}
	asked := phone.asked()
	in := phone.answers(d, asked).is(201)
	guarded(t, in)
	phone.cookie = in.session()
	var who struct{ Email string }
	phone.get("/v1/sessions/current").is(200).into(&who)
	if who.Email != to {
		t.Errorf("signed in as %q", who.Email)
	}
	if used := c.keys()[0].LastUsedAt; used == nil {
		t.Error("it was never used")
	}
	p.skipMails(to)
	old := phone.cookie
	phone.cookie = phone.answers(d, phone.asked()).is(201).session()
	if phone.cookie == old {
		t.Error("signing in again gave the same session")
	}
	(&caller{product: p, cookie: old}).get("/v1/sessions/current").fails(401, "unauthenticated")

	thief := p.nobody()
	thief.asked()
	thief.answers(d, asked).fails(401, "unauthenticated") // answered before
	open := phone.asked()
	thief.answers(d, open).fails(401, "unauthenticated") // another browser's
	p.nobody().answers(d, open).fails(401, "unauthenticated")
	phone.answers(d, open).is(201) // which has not used it up
	late := phone.asked()
	p.advance(passkey.ChallengeLifetime + time.Second)
	phone.answers(d, late).fails(401, "unauthenticated")
	c = p.signIn(to)
	registering := c.creation() // a challenge of the other ceremony
	c.answers(d, virtual.AssertionOptions{Challenge: registering.Challenge}).fails(401, "unauthenticated")
	fresh := newDevice()
	swapped := &virtual.AttestationOptions{Challenge: c.asked().Challenge, UserID: string(d.Options.UserHandle)}
	c.postJSON("/v1/me/passkeys", c.made(fresh, swapped)).
		fails(401, "unauthenticated")

	c.answers(newDevice(), c.asked()).fails(401, "unknown_passkey")
	misled := *d
	misled.Options.UserHandle = bytes.Repeat([]byte{7}, 32)
	c.answers(&misled, c.asked()).fails(401, "unauthenticated")
	absent := *d
	absent.Options.UserNotVerified = true
	c.answers(&absent, c.asked()).fails(401, "unauthenticated")

	reused := c.asked() // one challenge, many at once: one gets in
	var wait sync.WaitGroup
	got := make([]int, 16)
	for n := range got {
		wait.Go(func() { got[n] = c.answers(d, reused).status })
	}
	wait.Wait()
	ins := 0
	for _, s := range got {
		if s == http.StatusCreated {
			ins++
		} else if s != http.StatusUnauthorized {
			t.Errorf("answered %d", s)
		}
	}
	if ins != 1 {
		t.Errorf("%d got in by one challenge", ins)
	}
}

func TestSenderP5ACounterThatDoesNotGrowIsMarkedAndRefusedOnlyWhereThereIsOneDevice(t *testing.T) {
	p := start(t)
	c := p.signIn(p.address("a"))
	still, synced, single := newDevice(), newDevice(), newDevice()
	synced.Options.BackupEligible, synced.Options.BackupState = true, true
	for _, d := range []*device{still, synced, single} {
		c.register(d)
	}
	phone := p.nobody()
	for range 3 {
		phone.answers(still, phone.asked()).is(201) // 0 and 0 is how those count that don't
	}
	synced.key.Counter = 7
	phone.answers(synced, phone.asked()).is(201)
	synced.key.Counter = 3 // as another device of the same person counts
	phone.answers(synced, phone.asked()).is(201)
	single.key.Counter = 7
	phone.answers(single, phone.asked()).is(201)
	phone.answers(single, phone.asked()).fails(401, "unauthenticated")
	single.key.Counter = 0
	phone.answers(single, phone.asked()).fails(401, "unauthenticated")
	marked := map[string]bool{}
	for _, k := range c.keys() {
		marked[k.CredentialID] = k.SuspectedAt != nil
	}
	name := func(d *device) string { return base64.RawURLEncoding.EncodeToString(d.key.ID) }
	if marked[name(still)] || !marked[name(synced)] || !marked[name(single)] {
		t.Errorf("marked are %v", marked)
	}
	c.get("/account").is(200).shows("May have been copied")
	single.key.Counter = 8 // the real one goes on
	phone.answers(single, phone.asked()).is(201)
}

func TestSenderP6APasskeyThatIsSyncedSinceSignsIn(t *testing.T) {
	p := start(t)
	c := p.signIn(p.address("a"))
	d := newDevice()
	c.register(d)
	if c.keys()[0].Synced {
		t.Error("synced already")
	}
	d.Options.BackupEligible, d.Options.BackupState = true, true
	phone := p.nobody()
	phone.answers(d, phone.asked()).is(201)
	if !c.keys()[0].Synced {
		t.Error("what it can be since is not kept")
	}
	phone.answers(d, phone.asked()).is(201)
	d.Options.BackupEligible, d.Options.BackupState = false, false
	phone.answers(d, phone.asked()).fails(401, "unauthenticated")
}

func TestSenderP7AMailedCodeShowsThePasskeysAndRemovingOneIsMailed(t *testing.T) {
	p := start(t)
	to := p.address("a")
	c := p.signIn(to)
	byCode := func(next string) (*caller, string) {
		t.Helper()
		p.advance(time.Minute)
		b := p.nobody()
		p.skipMails(to)
		b.post("/sign-in", do("code", url.Values{"email": {to}})).is(303)
		a := b.post("/sign-in", url.Values{"email": {to}, "code": {p.nextCode(to)}, "next": {next}}).is(303)
		b.cookie = a.session()
		return b, a.header.Get("Location")
	}
	if _, at := byCode(""); at != "/" {
		t.Errorf("led to %q", at)
	}
	p.skipMails(to)
	d := newDevice()
	mine := c.register(d)
	if told := p.told(to, "Passkey created"); !strings.Contains(told.Text, "iCloud Keychain") || !strings.Contains(told.Text, "/account") {
		t.Errorf("%s", told.Text)
	}
	b, at := byCode("/upgrade")
	if at != "/account?review=passkeys&next=%2Fupgrade" {
		t.Errorf("led to %q", at)
	}
	b.get(at).is(200).shows("Are these passkeys yours?", "iCloud Keychain", "Remove the ones you don't know", "Continue").hides("Your data")
	if page := b.get(at); !strings.Contains(string(page.body), `href="/upgrade"`) {
		t.Error("it does not lead on")
	}
	b.get("/account?review=passkeys&next=https://evil.example").is(200).hides("evil.example")

	p.skipMails(to)
	b.post("/account", do("rename-passkey", url.Values{"passkey": {mine.ID}, "name": {"x\nhttps://evil.example"}})).is(422)
	b.post("/account", do("rename-passkey", url.Values{"passkey": {mine.ID}, "name": {" "}})).is(422).shows("Give the passkey a name.")
	b.post("/account", do("rename-passkey", url.Values{"passkey": {mine.ID}, "name": {"My phone"}})).is(303).
		has("Location", "/account?done=passkey-renamed#passkeys")
	if told := p.told(to, "Passkey renamed"); !strings.Contains(told.Text, "My phone") || !strings.Contains(told.Text, "iCloud Keychain") {
		t.Errorf("%s", told.Text)
	}
	b.post("/account", do("remove-passkey", url.Values{"passkey": {mine.ID}, "review": {"1"}, "next": {"/upgrade"}})).is(303).
		has("Location", "/account?review=passkeys&done=passkey-removed&next=%2Fupgrade")
	if told := p.told(to, "Passkey removed"); !strings.Contains(told.Text, "My phone") {
		t.Errorf("%s", told.Text)
	}
	b.get("/account").is(200).shows("Recent changes", "Passkey created: iCloud Keychain",
		"Passkey renamed from iCloud Keychain to My phone",
		"Passkey removed: My phone", "You have no passkeys.")
	b.post("/account", do("remove-passkey", url.Values{"passkey": {mine.ID}})).is(303) // gone is gone
	phone := p.nobody()
	phone.answers(d, phone.asked()).fails(401, "unknown_passkey")

	again := c.nobody()
	again.cookie = b.cookie
	k := again.register(newDevice())
	p.advance(11 * time.Minute)
	again.strict = true
	again.delete("/v1/me/passkeys/"+k.ID).fails(403, "step_up_required")
	again.do(http.MethodPatch, "/v1/me/passkeys/"+k.ID, m{"name": "Laptop"}).is(200)
	other := p.signIn(p.address("b"))
	other.do(http.MethodPatch, "/v1/me/passkeys/"+k.ID, m{"name": "Mine"}).fails(404, "not_found")
	other.delete("/v1/me/passkeys/"+k.ID).fails(404, "not_found")
	c = p.signIn(to)
	c.delete("/v1/me/passkeys/" + k.ID).is(204)
	c.delete("/v1/me/passkeys/"+k.ID).fails(404, "not_found")
	c.do(http.MethodPatch, "/v1/me/passkeys/psk_x", m{"name": "x"}).fails(404, "not_found")
}

func TestSenderP7ErasingAPersonRevokesThePasskeysAndTheExportHasThem(t *testing.T) {
	p := start(t)
	to := p.address("a")
	c := p.signIn(to)
	d := newDevice()
	c.register(d)
	var export struct {
		Passkeys []ownPasskey
		Changes  []struct{ What, Name string }
	}
	c.get("/v1/me/export").is(200).into(&export)
	if len(export.Passkeys) != 1 || export.Passkeys[0].Name != "iCloud Keychain" || len(export.Changes) != 1 ||
		export.Changes[0].What != "passkey_added" {
		t.Errorf("%+v", export)
	}
	p.told(to, "Passkey created")
	before := p.everything()
	c.delete("/v1/me").is(204)
	phone := p.nobody()
	phone.answers(d, phone.asked()).fails(401, "unknown_passkey")
	who := string(id.UserOf(email.Address(to)))
	for key, item := range p.everything() {
		if strings.HasPrefix(key, "cred#") || strings.Contains(item, to) && before[key] != "" && strings.Contains(key, who) {
			t.Errorf("%s is left: %.300s", key, item)
		}
	}
	if back := p.signIn(to); len(back.keys()) != 0 {
		t.Error("whoever comes back has passkeys")
	}
}

func TestSenderP8WhatNoAuthenticatorSendsIsTheSendersFault(t *testing.T) {
	p := start(t)
	c := p.signIn(p.address("a"))
	d := newDevice()
	c.register(d)
	swap := func(body raw, change func(v, response m)) raw {
		var v m
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Fatal(err)
		}
		change(v, v["response"].(m))
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return raw(b)
	}
	b64 := func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	noise := make([]byte, 300)
	rand.Read(noise)
	bad := map[string]func(v, r m){
		"no object at all": func(_, r m) { r["attestationObject"], r["authenticatorData"] = "", "" },
		"noise":            func(_, r m) { r["attestationObject"], r["authenticatorData"] = b64(noise), b64(noise) },
		"lists within lists": func(_, r m) {
			r["attestationObject"] = b64(bytes.Repeat([]byte{0x9f}, 5000))
			r["authenticatorData"] = b64(noise[:37])
		},
		"a map of very many": func(_, r m) {
			r["attestationObject"] = b64([]byte{0xbb, 255, 255, 255, 255, 255, 255, 255, 255})
			r["signature"] = ""
		},
		"no base64":           func(_, r m) { r["clientDataJSON"] = "%%%" },
		"with padding":        func(_, r m) { r["clientDataJSON"] = "e30=" },
		"client data no JSON": func(_, r m) { r["clientDataJSON"] = b64(noise) },
		"client data null":    func(_, r m) { r["clientDataJSON"] = b64([]byte("null")) },
		"a short challenge":   func(_, r m) { r["clientDataJSON"] = b64([]byte(`{"challenge":"AAAA"}`)) },
		"another type":        func(v, _ m) { v["type"] = "password" },
		"no id":               func(v, _ m) { v["id"], v["rawId"] = "", "" },
		"two ids":             func(v, _ m) { v["rawId"] = "AAAA" },
		"an endless id":       func(v, _ m) { v["id"], v["rawId"] = strings.Repeat("A", 1399), strings.Repeat("A", 1399) },
	}
	for name, change := range bad {
		for path, body := range map[string]raw{
			"/v1/me/passkeys":      swap(c.made(newDevice(), c.creation()), change),
			"/v1/sessions/passkey": swap(raw(virtual.CreateAssertionResponse(c.party(), d.Authenticator, d.key, c.asked())), change),
		} {
			a := c.postJSON(path, body)
			if a.status != 400 && a.status != 401 && a.status != 422 || a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s, %s: %d %s", path, name, a.status, a.body)
			}
		}
	}
	huge := swap(c.made(newDevice(), c.creation()), func(_, r m) { r["attestationObject"] = strings.Repeat("A", 70000) })
	for _, path := range []string{"/v1/me/passkeys", "/v1/sessions/passkey"} {
		c.postJSON(path, huge).fails(413, "too_large")
		for _, body := range []raw{"null", "[]", "{}", `{"id":1}`, "{", `{"response":null}`} {
			if a := c.postJSON(path, body); a.status < 400 || a.status >= 500 {
				t.Errorf("%s, %s: %d %s", path, body, a.status, a.body)
			}
		}
	}
	elsewhere := virtual.RelyingParty{ID: "evil.example", Origin: p.url}
	c.postJSON("/v1/sessions/passkey", raw(virtual.CreateAssertionResponse(elsewhere, d.Authenticator, d.key, c.asked()))).
		fails(401, "unauthenticated")
	if got := c.keys(); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestSenderP7AnInvitationThatWaitsIsThereAfterAPasskey(t *testing.T) {
	p := start(t)
	to := p.address("ops")
	c := p.signIn(to)
	d := newDevice()
	c.register(d)
	p.skipMails(to)
	p.signIn(owner).invite(to)
	link := "/i/" + p.nextToken(to)
	phone := p.nobody()
	phone.cookie = phone.answers(d, phone.asked()).is(201).session()
	var session struct{ Invitations []struct{ AgencyID string } }
	phone.get("/v1/sessions/current").is(200).into(&session)
	if len(session.Invitations) != 1 {
		t.Errorf("%+v", session)
	}
	phone.get(link).is(200).shows("Accept")
	phone.post("/v1/invitations/"+session.Invitations[0].AgencyID+"/accept", m{}).is(200)
}

func TestPasskeysAreOfferedWhereAPersonSignsInAndWithoutScriptAreNot(t *testing.T) {
	p := start(t)
	to := p.address("ops")
	p.signIn(owner).invite(to)
	for _, at := range []string{"/sign-in", "/i/" + p.nextToken(to)} {
		page := string(p.nobody().get(at).is(200).body)
		offer := page[strings.Index(page, `data-passkey="sign-in"`):]
		if !strings.Contains(offer[:strings.Index(offer, ">")], " hidden") {
			t.Errorf("%s offers passkeys without a script: %.200s", at, offer)
		}
	}
	if page := string(p.nobody().get("/sign-in").body); !strings.Contains(page, `autocomplete="username webauthn"`) {
		t.Error("the field takes no passkey")
	}
}

func TestANetworkThatAsksForManyChallengesHasToWait(t *testing.T) {
	p := own(t, local.Options{})
	c := p.nobody()
	for n := range 120 {
		if a := c.post("/v1/sessions/passkey-options", nil); a.status != 200 {
			t.Fatalf("the %s answered %d", strconv.Itoa(n), a.status)
		}
	}
	c.post("/v1/sessions/passkey-options", nil).fails(429, "rate_limited")
	p.advance(10 * time.Minute)
	c.asked()
}

// Who was let in by an agency's own provider acts for that agency alone: a passkey would open everything else.
func TestSenderO6AnAgencysOwnProviderMakesNoPasskeys(t *testing.T) {
	p := own(t, local.Options{})
	to := email.Address(p.address("a"))
	now := p.now().Truncate(time.Millisecond)
	cookie, s := identity.NewSession(id.UserOf(to), to, nil,
		identity.Proof{Way: identity.Provider, Issuer: "https://idp.example", Bound: "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"}, now)
	code := identity.NewCode(s.User, to, now, "bound")
	code.Sent()
	if err := dynamo.NewSignIns(dynamo.Open(p.aws(), p.place.Table, p.now)).OpenSession(t.Context(), code, s, nil); err != nil {
		t.Fatal(err)
	}
	c := &caller{product: p, cookie: cookie}
	other := p.signIn(p.address("b"))
	for _, a := range []*answer{c.post("/v1/me/passkeys/options", nil), c.get("/v1/me/passkeys"),
		c.postJSON("/v1/me/passkeys", other.made(newDevice(), other.creation())),
		c.post("/v1/sessions/current/step-up-passkey-options", nil),
		c.postJSON("/v1/sessions/current/step-up-passkey", raw(`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":`+
			`{"clientDataJSON":"AAAA","authenticatorData":"AAAA","signature":"AAAA"}}`)),
		c.do(http.MethodPatch, "/v1/me/passkeys/psk_01KC5R9V3MB1D3F5H7K9M1P3R5", m{"name": "x"}),
		c.delete("/v1/me/passkeys/psk_01KC5R9V3MB1D3F5H7K9M1P3R5")} {
		if a.status != http.StatusForbidden {
			t.Errorf("%s answered %d", a.what, a.status)
		}
	}
}
