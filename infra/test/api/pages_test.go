package apitest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// inline is a script that stands in a page.
var inline = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// armoured asks for what every answer to a browser carries.
func armoured(t *testing.T, a *answer) {
	t.Helper()
	policy := "same-origin"
	if strings.Contains(a.what, " /i/") || strings.Contains(a.what, " /nothing") {
		policy = "no-referrer"
	}
	a.has("X-Content-Type-Options", "nosniff").has("Referrer-Policy", policy)
	if !strings.HasPrefix(a.header.Get("Strict-Transport-Security"), "max-age=") {
		t.Errorf("%s has no HSTS", a.what)
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		return
	}
	policy = a.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'",
		"script-src 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%s: the policy %q lacks %s", a.what, policy, want)
		}
	}
	for _, never := range []string{"unsafe-inline", "unsafe-eval", "http:", "https:", "*"} {
		if strings.Contains(policy, never) {
			t.Errorf("%s: the policy %q allows %s", a.what, policy, never)
		}
	}
	// Nothing that the policy would stop, and nothing from elsewhere.
	body := inline.ReplaceAllStringFunc(string(a.body), func(script string) string {
		sum := sha256.Sum256([]byte(inline.FindStringSubmatch(script)[1]))
		if !strings.Contains(policy, "script-src 'self' 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			return script
		}
		return "" // it is the one that the policy names
	})
	for _, m := range outside.FindAllString(body, -1) {
		t.Errorf("%s loads or runs %s", a.what, m)
	}
}

// outside finds scripts and styles within a page, and what it loads from other origins.
var outside = regexp.MustCompile(`<script>| on[a-z]+="[^"]*"| style="[^"]*"|href="javascript:` +
	`|<script [^>]*src="https?:[^>]*>|<link [^>]*href="https?:[^>]*>|<img [^>]*src="https?:[^>]*>`)

func TestEveryPageCarriesItsArmour(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"), m{"name": "Acme Ltd"})
	secret := p.nextToken(i.Email)
	gone := o.invite(p.address("gone"))
	dead := p.nextToken(gone.Email)
	o.post("/v1/invites/"+gone.ID+"/cancel", nil).is(200)
	client := p.signIn(i.Email)
	nobody, solo := p.nobody(), p.signIn(soloOwner)
	nowhere := p.signIn(p.address("nowhere"))

	for _, a := range []*answer{
		nobody.get("/sign-in").is(200), nobody.get("/sign-in?step=code").is(200), nobody.get("/sign-in?done=signed-out").is(200), o.get("/sign-in").is(200),
		nobody.get("/").is(303), nobody.get("/clients").is(303), nobody.get("/nothing").is(404), nobody.do(http.MethodPut, "/sign-in", url.Values{}).is(405),
		nobody.get("/i/" + secret).is(200), nobody.get("/i/" + dead).is(410), o.get("/i/" + secret).is(200), client.get("/i/" + secret).is(200),
		nobody.post("/sign-in", do("code", url.Values{"email": {"x"}})).is(422), nobody.post("/sign-in", url.Values{"email": {"x"}}).is(422), nobody.post("/account", do("sign-out", nil)).is(303),
		o.get("/clients").is(200), o.get("/clients?invite=new").is(200), o.get("/clients/" + i.ClientID).is(200), o.get("/clients/" + i.ClientID + "?cancel=ask").is(200), o.get("/clients/cl_x").is(404),
		o.post("/clients", url.Values{"email": {"x"}}).is(422), o.get("/portal").is(303), solo.get("/clients").is(200), client.get("/clients").is(403), nowhere.get("/portal").is(200),
		client.post("/i/"+secret, url.Values{}).is(303), client.get("/portal").is(200), client.get("/portal?welcome=1").is(200), client.get("/i/" + secret).is(200),
		o.post("/account", do("sign-out", nil), "Sec-Fetch-Site", "cross-site").is(403), nobody.post("/sign-in", raw("%zz"), "Content-Type", "application/x-www-form-urlencoded").is(400),
		nobody.post("/sign-in", url.Values{"email": {strings.Repeat("x", 300<<10)}}).is(413),
	} {
		armoured(t, a)
		a.has("Cache-Control", "no-store")
	}
	// The same for everybody, so that it may be kept.
	armoured(t, nobody.get("/docs").is(200))
	armoured(t, nobody.get("/openapi.json").is(200))
	sheet := regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`).FindAllStringSubmatch(string(o.get("/clients").body), -1)
	if len(sheet) == 0 {
		t.Error("the page has no style sheet")
	}
	for _, s := range sheet {
		a := nobody.get(s[1]).is(200)
		a.has("X-Content-Type-Options", "nosniff")
		if !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: Cache-Control: %s", s[1], a.header.Get("Cache-Control"))
		}
	}
	nobody.get("/assets/nothing.css").is(404)
	nobody.get("/assets/..%2f..%2ftemplate.yaml").is(404)
}

func TestWhatIsBehindASignInIsNotKept(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	c := p.accept(i.Email)
	for _, path := range []string{"/v1/sessions/current", "/v1/invites", "/v1/invites/" + i.ID, "/v1/clients", "/v1/clients/" + i.ClientID,
		"/v1/instances", "/v1/services", "/v1/api-keys", "/clients", "/clients/" + i.ClientID, "/"} {
		o.get(path).has("Cache-Control", "no-store")
	}
	c.get("/v1/portal").is(200).has("Cache-Control", "no-store").has("X-Content-Type-Options", "nosniff")
	c.get("/portal").is(200).has("Cache-Control", "no-store")
}

func TestFE2FE3FE26TheClientsPageFromTheFirstClientOn(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	empty := o.get("/clients").is(200).shows("Invite your first client")
	if n := strings.Count(string(empty.body), `href="/clients?invite=new"`); n != 1 {
		t.Errorf("without a client there are %d calls to invite, want one", n)
	}
	at := o.post("/clients", url.Values{"email": {"ops@client.example"}, "name": {"Acme Ltd"},
		"resource": {named(t, o.things("instances"), "Acme staging").ID}}).is(303).header.Get("Location")
	if !strings.HasPrefix(at, "/clients/cl_") {
		t.Fatalf("inviting leads to %q", at)
	}
	list := o.get("/clients").is(200).shows("Acme Ltd", "ops@client.example", "Pending", "Acme staging")
	if n := strings.Count(string(list.body), `href="/clients?invite=new"`); n != 2 ||
		!strings.Contains(string(list.body), `href="`+at+`"`) {
		t.Errorf("with a client there are %d calls to invite, want one on the page and one in the panel", n)
	}
	page := o.get(at).is(200).shows("Invite pending - This client has not yet accepted their invitation.", "spam folder", "SPF",
		"Danger zone", "Acme staging", "Read-only", "You pay")
	armoured(t, page)
	o.get(at+"?cancel=ask").is(200).shows("Cancel this invite?", "Keep the invite")
	o.post(at, do("cancel", url.Values{})).is(303).has("Location", at+"?done=cancelled")
	o.get(at+"?done=cancelled").is(200).shows("Invite cancelled.", "This invitation was cancelled.", "Invite again")
	o.get("/clients").is(200).shows("Cancelled")
}

func TestALinkToSignOutOfTheWrongAccountLeadsBack(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	o.post("/account", do("sign-out", url.Values{"next": {"/i/" + secret}})).is(303).has("Location", "/i/"+secret)
	o.get("/clients").is(303)
}
