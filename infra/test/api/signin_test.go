package apitest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// guarded asks for the session cookie's attributes.
func guarded(t *testing.T, a *answer) {
	t.Helper()
	i := slices.IndexFunc(a.cookies, func(c *http.Cookie) bool { return c.Name == "__Host-session" })
	if i < 0 {
		t.Fatalf("%s set the cookies %v, want the session's", a.what, a.cookies)
	}
	if c := a.cookies[i]; !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("%s set %s", a.what, a.header.Get("Set-Cookie"))
	}
	for _, c := range a.cookies {
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || !strings.HasPrefix(c.Name, "__Host-") {
			t.Errorf("%s set %s", a.what, c)
		}
	}
}

func TestASessionsCookie(t *testing.T) {
	p := start(t)
	to := p.address("a")
	c := p.nobody()
	c.get("/v1/sessions/current").fails(401, "unauthenticated")
	c.post("/v1/sign-in-codes", m{"email": to}).is(202)
	a := c.post("/v1/sessions", m{"email": to, "code": p.nextCode(to)}).is(201)
	guarded(t, a)
	a.hides(a.session())
	c.cookie = a.session()
	var who struct {
		Email     string
		Agency    *struct{ ID, MemberID string }
		SignedIn  time.Time `json:"signedInAt"`
		ExpiresAt time.Time
	}
	c.get("/v1/sessions/current").is(200).into(&who)
	if who.Email != to || who.Agency != nil || who.ExpiresAt.Sub(who.SignedIn) < 24*time.Hour {
		t.Errorf("the session is %+v", who)
	}
	o := p.signIn(owner)
	o.get("/v1/sessions/current").is(200).into(&who)
	if who.Email != owner || who.Agency == nil || !strings.HasPrefix(who.Agency.ID, "ag_") ||
		!strings.HasPrefix(who.Agency.MemberID, "mb_") {
		t.Errorf("the owner's session is %+v", who)
	}
	// A cookie that is none of ours, or was altered, is as good as none.
	for _, bad := range []string{"x", "lkn_x", swapLast(c.cookie), c.cookie + "a", strings.ToUpper(c.cookie)} {
		(&caller{product: p, cookie: bad}).get("/v1/sessions/current").fails(401, "unauthenticated")
		(&caller{product: p, cookie: bad}).get("/clients").is(303).has("Location", "/sign-in?next=%2Fclients")
	}
	out := c.delete("/v1/sessions/current").is(204)
	if out.cookies[0].MaxAge >= 0 || out.session() != "" {
		t.Errorf("signing out set %s", out.header.Get("Set-Cookie"))
	}
	guarded(t, out)
	c.get("/v1/sessions/current").fails(401, "unauthenticated")
	p.nobody().delete("/v1/sessions/current").is(204) // without a session it does nothing

	p.advance(who.ExpiresAt.Sub(p.now()) + time.Second)
	o.get("/v1/sessions/current").fails(401, "unauthenticated")
}

func TestSigningInByThePages(t *testing.T) {
	p := start(t)
	c := p.nobody()
	c.get("/").is(303).has("Location", "/sign-in")
	c.get("/sign-in?email="+url.QueryEscape(owner)).is(200).shows("Sign in", "Email me a sign-in code")
	c.post("/sign-in", do("code", url.Values{"email": {"nobody"}})).is(422).shows("Enter a valid email address.")
	p.skipMails(owner)
	asks := c.post("/sign-in", do("code", url.Values{"email": {owner}})).is(303).header.Get("Location")
	p.nextMail(owner)
	for range 2 { // the address that asks for the code may be loaded again, which mails none
		c.get(asks).is(200).shows("Check your email", "We sent a code to "+owner).hides("sent a new code.")
	}
	for _, made := range []string{"/sign-in?step=code&email=" + url.QueryEscape(owner), strings.Replace(asks, "sent=", "sent=x", 1),
		strings.Replace(asks, "email=", "email=%00", 1)} {
		c.get(made).is(200).shows("Enter your email address and the code we sent you.").hides("on its way to")
	}
	p.advance(time.Minute)
	again := c.post("/sign-in",
		do("code", url.Values{"email": {owner}, "again": {"1"}, "next": {"/upgrade"}})).is(303).header.Get("Location")
	if a := c.get(again).is(200).shows("sent a new code."); !strings.Contains(string(a.body), `name="next" value="/upgrade"`) {
		t.Error("where to go on to is lost")
	}
	right := p.nextCode(owner)
	c.post("/sign-in", url.Values{"email": {owner}, "code": {"12"}}).is(422).shows("Enter the six digits from the email.")
	a := c.post("/sign-in", url.Values{"email": {owner}, "code": {right}}).is(303).has("Location", "/")
	guarded(t, a)
	c.cookie = a.session()
	c.get("/").is(303).has("Location", "/home")
	c.get("/sign-in").is(200).shows("You're signed in", owner)
	out := c.post("/account", do("sign-out", url.Values{})).is(303)
	guarded(t, out)
	c.get("/clients").is(303).has("Location", "/sign-in?next=%2Fclients")
}

func TestSigningInRotatesTheSession(t *testing.T) {
	p := start(t)
	to := p.address("a")
	c := p.signIn(to)
	old := c.cookie
	p.advance(30 * time.Second)
	c.post("/v1/sign-in-codes", m{"email": to}).is(202)
	c.cookie = c.post("/v1/sessions", m{"email": to, "code": p.nextCode(to)}).is(201).session()
	if c.cookie == old || c.cookie == "" {
		t.Fatal("signing in again gave the same session")
	}
	(&caller{product: p, cookie: old}).get("/v1/sessions/current").fails(401, "unauthenticated")
	c.get("/v1/sessions/current").is(200)
}

func TestSignOutEverywhere(t *testing.T) {
	p := start(t)
	to := p.address("a")
	phone := p.signIn(to)
	p.advance(30 * time.Second)
	laptop := p.signIn(to)
	p.advance(30 * time.Second)
	desk := p.signIn(to)
	other := p.signIn(p.address("b"))

	phone.delete("/v1/sessions/current").is(204) // this one only
	laptop.get("/v1/sessions/current").is(200)
	guarded(t, desk.delete("/v1/sessions/current?everywhere=true").is(204))
	for _, c := range []*caller{phone, laptop, desk} {
		c.get("/v1/sessions/current").fails(401, "unauthenticated")
	}
	other.get("/v1/sessions/current").is(200)
}

func TestWhoIsKnownIsNotTold(t *testing.T) {
	p := start(t)
	p.advance(time.Minute)
	p.skipMails(owner)
	known := p.nobody().post("/v1/sign-in-codes", m{"email": owner}).is(202)
	unknown := p.nobody().post("/v1/sign-in-codes", m{"email": p.address("x")}).is(202)
	if len(known.body) != len(unknown.body) {
		t.Errorf("known: %s\nunknown: %s", known.body, unknown.body)
	}
	if string(known.body) == "{}" || len(known.cookies) != 1 || len(unknown.cookies) != 1 ||
		len(known.cookies[0].Value) != len(unknown.cookies[0].Value) {
		t.Errorf("known: %s %v\nunknown: %s %v", known.body, known.cookies, unknown.body, unknown.cookies)
	}
	wrong := m{"email": owner, "code": "12"}
	a := p.nobody().post("/v1/sessions", wrong)
	b := p.nobody().post("/v1/sessions", m{"email": p.address("y"), "code": "12"})
	if a.status != b.status || string(a.body) != string(b.body) {
		t.Errorf("known: %s\nunknown: %s", a.body, b.body)
	}
}

// key is an API key as the API answers it.
type key struct {
	ID, Name, Hint, Secret string
	Scopes                 []string
	LastUsedAt, RevokedAt  *time.Time
}

func (c *caller) key(name string, scopes ...string) key {
	c.t.Helper()
	var k key
	c.post("/v1/api-keys", m{"name": name, "scopes": scopes}).is(201).into(&k)
	return k
}

func TestX13APIKeysActWithinTheirScopes(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	p.advance(61 * time.Second)
	calls := map[string][]func(*caller) *answer{
		"invites:read": {
			func(c *caller) *answer { return c.get("/v1/invites") },
			func(c *caller) *answer { return c.get("/v1/invites/" + i.ID) },
		},
		"invites:write": {
			func(c *caller) *answer { return c.post("/v1/invites", m{"email": p.address("key")}) },
			func(c *caller) *answer { return c.post("/v1/invites/"+i.ID+"/resend", nil, wait...) },
			func(c *caller) *answer { return c.post("/v1/invites/"+i.ID+"/cancel", nil) },
		},
		"clients:read": {
			func(c *caller) *answer { return c.get("/v1/clients") },
			func(c *caller) *answer { return c.get("/v1/clients/" + i.ClientID) },
		},
		"resources:read": {
			func(c *caller) *answer { return c.get("/v1/instances") },
			func(c *caller) *answer { return c.get("/v1/services") },
		},
	}
	for scope := range calls {
		k := o.key("for "+scope, scope)
		if !strings.HasPrefix(k.Secret, "lkk_") || !strings.HasSuffix(k.Secret, k.Hint) || len(k.Hint) != 4 {
			t.Errorf("the key is %+v", k)
		}
		c := p.program(k.Secret)
		for other, all := range calls {
			for _, call := range all {
				a := call(c)
				if other != scope {
					if f := a.fails(403, "forbidden"); !strings.Contains(f.Detail, other) {
						t.Errorf("%s with %s: %q does not name the scope that is missing", a.what, scope, f.Detail)
					}
				} else if a.status >= 300 {
					t.Errorf("%s with %s answered %d\n%s", a.what, scope, a.status, a.body)
				}
			}
		}
	}
	// A key is no person: it manages no keys, has no session, no portal, and accepts nothing.
	c := p.program(o.key("all", "invites:read", "invites:write", "clients:read", "resources:read").Secret)
	for _, a := range []*answer{c.get("/v1/api-keys"), c.post("/v1/api-keys", m{"name": "x", "scopes": []string{"invites:read"}}),
		c.delete("/v1/api-keys/key_01JZ8Y5W3RN6T0V4K2M9QXBDCE")} {
		f := a.fails(403, "step_up_required")
		if f.Detail != "No API key can do this. Sign in with a browser, and confirm there that it's you." {
			t.Errorf("%s with a key says %q", a.what, f.Detail)
		}
	}
	c.get("/v1/sessions/current").fails(401, "unauthenticated")
	c.get("/v1/portal").fails(401, "unauthenticated")
	c.get("/clients").is(303)
	// An Authorization that is no key is refused, not passed over for the cookie.
	for _, bad := range []string{"lkk_x", swapLast(c.bearer), "x"} {
		(&caller{product: p, cookie: o.cookie, bearer: bad}).get("/v1/clients").fails(401, "unauthenticated")
	}
}

func TestAPIKeysAreShownOnceListedAndRevoked(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	k := o.key("CRM sync "+p.run, "clients:read", "clients:read")
	if !slices.Equal(k.Scopes, []string{"clients:read"}) || k.LastUsedAt != nil || k.RevokedAt != nil {
		t.Errorf("the new key is %+v", k)
	}
	find := func() key {
		var list struct{ Items []key }
		o.get("/v1/api-keys").is(200).into(&list).hides(k.Secret, "lkk_")
		i := slices.IndexFunc(list.Items, func(x key) bool { return x.ID == k.ID })
		if i < 0 {
			t.Fatalf("the key is not listed: %+v", list)
		}
		return list.Items[i]
	}
	c := p.program(k.Secret)
	c.get("/v1/clients").is(200)
	if used := find().LastUsedAt; used == nil || p.now().Sub(*used) > time.Hour {
		t.Errorf("last used at %v", used)
	}
	o.delete("/v1/api-keys/" + k.ID).is(204)
	c.get("/v1/clients").fails(401, "unauthenticated")
	o.delete("/v1/api-keys/" + k.ID).is(204) // again is no fault
	if find().RevokedAt == nil {
		t.Error("the key is not listed as revoked")
	}
	o.delete("/v1/api-keys/key_01JZ8Y5W3RN6T0V4K2M9QXBDCE").fails(404, "not_found")
	o.delete("/v1/api-keys/nonsense").fails(404, "not_found")
	for _, scopes := range [][]string{{}, {"everything"}, {"invites:read", ""}} {
		if f := o.post("/v1/api-keys", m{"name": "x", "scopes": scopes}).fails(422, "invalid"); f.at("scopes") == "" {
			t.Errorf("scopes %v: %+v", scopes, f)
		}
	}
	for _, a := range []*answer{p.nobody().get("/v1/api-keys"),
		p.nobody().post("/v1/api-keys", m{"name": "x", "scopes": []string{"invites:read"}}), p.nobody().delete("/v1/api-keys/" + k.ID)} {
		a.fails(401, "unauthenticated")
	}
	// A client is not of the agency.
	to := p.address("client")
	o.invite(to)
	client := p.accept(to)
	for _, a := range []*answer{client.get("/v1/api-keys"), client.post("/v1/api-keys", m{"name": "x", "scopes": []string{"invites:read"}}), client.delete("/v1/api-keys/" + k.ID), client.get("/v1/clients"),
		client.get("/v1/invites"), client.get("/v1/instances"), client.get("/v1/services"), client.post("/v1/invites", m{"email": to})} {
		a.fails(403, "forbidden")
	}
	client.get("/clients").is(403).shows("You don't have access")
}

func TestWhatBelongsToAnotherAgencyIsNotThere(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	k := o.key("ours", "invites:read")
	instance := named(t, o.things("instances"), "Acme production").ID
	solo := p.signIn(soloOwner)
	for _, a := range []*answer{
		solo.get("/v1/invites/" + i.ID), solo.post("/v1/invites/"+i.ID+"/resend", nil), solo.post("/v1/invites/"+i.ID+"/cancel", nil),
		solo.get("/v1/clients/" + i.ClientID), solo.delete("/v1/api-keys/" + k.ID),
	} {
		a.fails(404, "not_found")
	}
	solo.get("/clients/" + i.ClientID).is(404)
	solo.post("/clients/"+i.ClientID, do("cancel", url.Values{})).is(404)
	solo.post("/clients/"+i.ClientID, do("resend", url.Values{})).is(404)
	var list struct{ Items []m }
	for _, path := range []string{"/v1/invites", "/v1/clients", "/v1/api-keys", "/v1/instances"} {
		solo.get(path).is(200).into(&list)
		if len(list.Items) != 0 {
			t.Errorf("%s of another agency shows %v", path, list.Items)
		}
	}
	solo.get("/clients").is(200).hides(i.Email)
	if s := o.look(i.ID).Status; s != "pending" {
		t.Errorf("the invite is %s", s)
	}
	// Nor is what exists nowhere, or is no id at all.
	for _, id := range []string{"in_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "in_", "x", instance, i.ClientID} {
		o.get("/v1/invites/"+id).fails(404, "not_found")
		o.post("/v1/invites/"+id+"/resend", nil).fails(404, "not_found")
		o.post("/v1/invites/"+id+"/cancel", nil).fails(404, "not_found")
	}
	for _, id := range []string{"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "cl_", "x", i.ID} {
		o.get("/v1/clients/"+id).fails(404, "not_found")
		o.get("/clients/" + id).is(404).shows("Page not found")
	}
}
