package apitest_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// own is an agency as its own people see it.
type ownAgency struct {
	ID, Name, Color, LogoURL, Plan string
	Suspended                      bool
	NameHeld                       *string
	Limits                         struct {
		Invites struct {
			Quota, Left int
			NextFreeAt  *time.Time
		}
	}
}

func (c *caller) agency() (ownAgency, string) {
	c.t.Helper()
	var a ownAgency
	return a, c.get("/v1/agency").is(200).into(&a).header.Get("ETag")
}

// signUp makes an agency through the API with the code from the mailbox.
func (p *product) signUp(address, name string) (*caller, ownAgency) {
	p.t.Helper()
	c := p.nobody()
	p.skipMails(address)
	c.post("/v1/sign-in-codes", m{"email": address}).is(202)
	var a ownAgency
	made := c.post("/v1/agencies",
		m{"name": name, "email": address, "code": p.nextCode(address)}).is(201).into(&a).has("Location", "/v1/agency")
	if c.cookie = made.session(); c.cookie == "" {
		p.t.Fatal("signing up set no session cookie")
	}
	return c, a
}

// picture is a PNG of one colour.
func picture(w, h int, c color.Color) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// multipartForm is a form as a browser sends it that has a file in it.
func multipartForm(t *testing.T, fields map[string]string, file []byte) (raw, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("logo", "logo.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return raw(b.String()), w.FormDataContentType()
}

func TestSigningUpMakesAnAgencyOnFree(t *testing.T) {
	p := start(t)
	to := p.address("founder")
	c, made := p.signUp(to, "Acme Automations")
	if made.Plan != "free" || made.Name != "Acme Automations" || made.Color == "" || made.Limits.Invites.Quota != 10 {
		t.Errorf("the agency is %+v", made)
	}
	a, _ := c.agency()
	if a.ID != made.ID {
		t.Errorf("the session acts for %s, want %s", a.ID, made.ID)
	}
	var people struct {
		Items []struct{ Email, Level string }
	}
	c.get("/v1/members").is(200).into(&people)
	if len(people.Items) != 1 || people.Items[0].Email != to || people.Items[0].Level != "owner" {
		t.Errorf("the members are %+v", people.Items)
	}
	c.post("/v1/invites", m{"email": p.address("ops")}).says(403, "plan_required", "Inviting clients needs the Max plan.")
	c.get("/clients").is(200).shows("Inviting clients needs the Max plan.")
	c.get("/upgrade").is(200).shows("Invite clients with Max", "Invite clients")
	// The owner's next sign-in is to the agency.
	p.advance(time.Minute)
	if again, _ := p.signIn(to).agency(); again.ID != made.ID {
		t.Errorf("signing in again acts for %s", again.ID)
	}
}

func TestWhatSigningUpNeeds(t *testing.T) {
	p := start(t)
	nobody := p.nobody()
	nobody.post("/v1/agencies", m{"name": "Acme"}).fails(401, "unauthenticated")
	to := p.address("founder")
	c := p.signIn(to)
	for _, bad := range []string{"", "  ", "http://evil.example", "A\u202eB", strings.Repeat("x", 201)} {
		if f := c.post("/v1/agencies", m{"name": bad}).fails(422, "invalid"); f.at("name") == "" {
			t.Errorf("the name %q: %+v", bad, f)
		}
	}
	if f := c.post("/v1/agencies", m{"name": "A", "color": "red"}).fails(422, "invalid"); f.at("color") == "" {
		t.Errorf("a colour: %+v", f)
	}
	// A code is not used up for a name that is refused.
	other := p.address("other")
	nobody.post("/v1/sign-in-codes", m{"email": other}).is(202)
	right := p.nextCode(other)
	nobody.post("/v1/agencies", m{"name": "", "email": other, "code": right}).fails(422, "invalid")
	wrong := string('0'+(right[0]-'0'+1)%10) + right[1:]
	nobody.post("/v1/agencies", m{"name": "Acme", "email": other, "code": wrong}).fails(422, "wrong_code")
	nobody.post("/v1/agencies", m{"name": "Acme", "email": other, "code": right}).is(201)

	// Made once, however often it is asked for; and not without end.
	once := []string{"Idempotency-Key", "found " + p.run}
	var first, second ownAgency
	body := m{"name": "Acme", "color": "#AA0055"}
	a := c.post("/v1/agencies", body, once...).is(201).into(&first)
	guarded(t, a)
	old := c.cookie
	c.cookie = a.session()
	(&caller{product: p, cookie: old}).get("/v1/sessions/current").fails(401, "unauthenticated")
	c.cookie = c.post("/v1/agencies", body, once...).is(201).into(&second).session()
	if first.ID != second.ID || first.Color != "#aa0055" {
		t.Errorf("made %+v, then %+v", first, second)
	}
	c.post("/v1/agencies", m{"name": "Other"}, once...).fails(409, "idempotency_conflict")
	for range 2 {
		c.cookie = c.post("/v1/agencies", m{"name": "More"}).is(201).session()
	}
	if f := c.post("/v1/agencies", m{"name": "Too many"}); f.fails(429, "rate_limited").Detail == "" || f.header.Get("Retry-After") == "" {
		t.Error("no word of when to come back")
	}
}

func TestSigningUpByThePages(t *testing.T) {
	p := start(t)
	to := p.address("founder")
	c := p.nobody()
	c.get("/sign-in").is(200).shows("Create your agency")
	c.get("/sign-up").is(200).shows("Create your agency", "Your email address", "Sign in")
	c.post("/sign-up", url.Values{"name": {""}, "email": {to}}).is(422).shows("Enter the name your clients know you by.")
	c.post("/sign-up", url.Values{"name": {"Acme"}, "email": {"nobody"}}).is(422).shows("Enter a valid email address.")
	key := "00112233445566778899aabbccddeeff"
	asks := c.post("/sign-up", url.Values{"name": {"Acme"}, "email": {to}, "key": {key}}).is(303).hides(key).header.Get("Location")
	if strings.Contains(asks, key) {
		t.Errorf("the idempotency key stands in %s", asks)
	}
	right := p.nextCode(to)
	for range 2 { // it may be loaded again, which mails none
		c.get(asks).is(200).shows("Check your email", to, "Acme")
	}
	c.get("/sign-up?step=code&sent=1&name=&email=" + url.QueryEscape(to)).is(200).shows("Create your agency").hides("Check your email")
	c.post("/sign-up",
		url.Values{"name": {"Acme"}, "email": {to}, "key": {key}, "step": {"code"},
			"code": {"12"}}).is(422).shows("Enter the six digits from the email.", "Acme")
	a := c.post("/sign-up",
		url.Values{"name": {"Acme"}, "email": {to}, "key": {key}, "step": {"code"}, "code": {right}}).is(303).has("Location", "/home")
	guarded(t, a)
	c.cookie = a.session()
	c.get("/clients").is(200).shows("Acme", "Inviting clients needs the Max plan.")

	// Another one, as the same person, and back to the first.
	c.get("/sign-up").is(200).shows("You're signed in as "+to, "Create agency")
	c.cookie = c.post("/sign-up", url.Values{"name": {"Bluefin"}}).is(303).session()
	if x, _ := c.agency(); x.Name != "Bluefin" {
		t.Errorf("the session acts for %s", x.Name)
	}
	list := c.get("/agencies").is(200).shows("Your agencies", "Acme", "Bluefin", "open now")
	ids := regexp.MustCompile(`value="(ag_[0-9A-Z]+)"`).FindAllStringSubmatch(string(list.body), -1)
	if len(ids) != 2 {
		t.Fatalf("%d agencies to choose from", len(ids))
	}
	old := c.cookie
	c.cookie = c.post("/agencies", url.Values{"agency": {ids[0][1]}}).is(303).has("Location", "/home").session()
	if x, _ := c.agency(); x.Name != "Acme" {
		t.Errorf("after switching the session acts for %s", x.Name)
	}
	(&caller{product: p, cookie: old}).get("/clients").is(303).has("Location", "/sign-in?next=%2Fclients")
	p.advance(time.Minute)
	if x, _ := p.signIn(to).agency(); x.Name != "Acme" {
		t.Errorf("the next sign-in is to %s, want the one that was used last", x.Name)
	}
	// Nobody gets into an agency by naming it.
	stranger := p.signIn(p.address("stranger"))
	stranger.post("/agencies", url.Values{"agency": {ids[0][1]}}).is(404)
	stranger.get("/agencies").is(200).shows("You don't work at an agency yet")
	p.nobody().post("/agencies", url.Values{"agency": {ids[0][1]}}).is(303).has("Location", "/sign-in")
	p.nobody().get("/agencies").is(303).has("Location", "/sign-in")
}

func TestTheBrandChangesForWhatComes(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	before := o.invite(p.address("before"))
	sent := p.nextToken(before.Email)
	_, tag := o.agency()
	var a ownAgency
	next := o.do("PATCH", "/v1/agency/branding", m{"name": "Northwind & Daughters", "color": "#8A2BE2"}, "If-Match",
		tag).is(200).into(&a).header.Get("ETag")
	if a.Name != "Northwind & Daughters" || a.Color != "#8a2be2" || next == tag {
		t.Errorf("the agency is %+v, %s after %s", a, next, tag)
	}
	o.do("PATCH", "/v1/agency/branding", m{"name": "Mine"}, "If-Match", tag).fails(412, "changed_meanwhile")
	o.do("PATCH", "/v1/agency/branding", m{"name": "Mine"}, "If-Match", `"x"`).fails(412, "changed_meanwhile")
	o.do("PATCH", "/v1/agency/branding", m{"color": "#8a2be2"}, "If-Match", "*").is(200).has("ETag", next) // nothing changed
	for _, bad := range []m{{"name": ""}, {"name": "a\nb"}, {"color": "blue"}, {"color": "#12345"}} {
		o.do("PATCH", "/v1/agency/branding", bad).fails(422, "invalid")
	}
	// What is out keeps what it showed; what comes shows the new look.
	p.nobody().get("/i/" + sent).is(200).shows("Northwind Automations").hides("Daughters")
	o.invite(p.address("after"))
	if s := p.nextMail(p.address("after")).Subject; !strings.HasPrefix(s, "Nora Lindqvist from Northwind & Daughters invited") {
		t.Errorf("the next mail is %q", s)
	}

	// A logo becomes a small PNG at an address that may be kept for ever.
	file := picture(900, 600, color.NRGBA{200, 30, 60, 255})
	o.do("PUT", "/v1/agency/logo", raw(file), "Content-Type", "image/png", "If-Match", next).is(200).into(&a)
	if !strings.HasPrefix(a.LogoURL, "/logos/"+a.ID+"/") {
		t.Fatalf("the logo is at %q", a.LogoURL)
	}
	got := p.nobody().get(a.LogoURL).is(200).has("Content-Type", "image/png").has("X-Content-Type-Options", "nosniff").has("Cache-Control",
		"public, max-age=31536000, immutable")
	size, kind, err := image.DecodeConfig(bytes.NewReader(got.body))
	if err != nil || kind != "png" || size.Width != 256 || size.Height > 256 || len(got.body) > 24<<10 {
		t.Errorf("the logo is %d bytes, %d by %d, %v", len(got.body), size.Width, size.Height, err)
	}
	for what, bad := range map[string][]byte{
		"an SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "a text": []byte("hello"),
		"too large": append(slices.Clone(file), make([]byte, 1<<20+1-len(file))...),
	} {
		a := o.do("PUT", "/v1/agency/logo", raw(bad), "Content-Type", "image/png")
		if f := a.fails(422, "invalid"); what == "an SVG" && !strings.Contains(f.at("logo"), "PNG, JPEG, WebP or GIF") {
			t.Errorf("%s: %+v", what, f)
		}
	}
	o.do("PUT", "/v1/agency/logo", raw(make([]byte, 2<<20)), "Content-Type", "image/png").fails(413, "too_large")
	for _, path := range []string{"/logos/" + a.ID + "/" + strings.Repeat("0", 24) + ".png", "/logos/" + a.ID + "/x.png", "/logos/ag_x/" + strings.Repeat("0", 24) + ".png",
		strings.Replace(a.LogoURL, a.ID, "ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE", 1)} {
		p.nobody().get(path).is(404)
	}
	// Taken away, it is still served for a while, since mails show it.
	old := a.LogoURL
	o.do("PATCH", "/v1/agency/branding", m{"removeLogo": true}).is(200).into(&a)
	if a.LogoURL != "" {
		t.Errorf("the logo is still at %q", a.LogoURL)
	}
	p.nobody().get(old).is(200)
	p.advance(46 * 24 * time.Hour)
	p.nobody().get(old).is(404)
}

func TestTheBrandByThePage(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	page := o.get("/settings").is(200).shows("Settings", "Branding", "Northwind Automations", "Preview", "Save branding")
	armoured(t, page)
	revision := regexp.MustCompile(`name="revision" value="(\d+)"`).FindSubmatch(page.body)
	fields := map[string]string{"name": "Northwind Lab", "color": "#fafafa", "revision": string(revision[1])}
	body, kind := multipartForm(t, fields, picture(64, 64, color.NRGBA{1, 2, 3, 255}))
	o.post("/settings", body, "Content-Type", kind, "Sec-Fetch-Site", "cross-site").is(403)
	o.post("/settings", body, "Content-Type", kind).is(303).has("Location", "/settings?done=saved")
	saved := o.get("/settings?done=saved").is(200).shows("Branding saved.", "Northwind Lab", "Remove logo")
	if !strings.Contains(string(saved.body), "data:image/png;base64,") {
		t.Error("the preview has no logo")
	}
	armoured(t, saved)
	// The same form once more was made from an older state; what was typed stays.
	o.post("/settings", body, "Content-Type", kind).is(412).shows("Someone else changed the branding.")
	body, kind = multipartForm(t, map[string]string{"name": "Typed", "color": "#fafafa", "revision": "1"}, []byte("<svg></svg>"))
	a := o.post("/settings", body, "Content-Type", kind).is(422).shows("SVG files can carry scripts")
	if !strings.Contains(string(a.body), `value="Typed"`) {
		t.Error("what was typed is lost")
	}
	look := url.Values{"name": {"Northwind Lab"}, "color": {"#123456"}, "try": {"1"}}
	o.get(o.post("/settings", look).is(303).header.Get("Location")).is(200).shows("Nothing is saved yet.", "#123456", "Northwind Lab")
	look.Set("color", "blue")
	o.post("/settings", look).is(422).shows("Enter the colour as # and six digits")
	if x, _ := o.agency(); x.Color != "#fafafa" {
		t.Errorf("a preview saved %s", x.Color)
	}
	for _, page := range []*answer{o.get("/settings?color=%23123456").is(200), o.get("/settings?color=nonsense").is(200),
		o.get("/upgrade").is(200).shows("You're on Max"), o.get("/settings/agency").is(200).shows("Max", "invites left")} {
		armoured(t, page)
	}
	for path, to := range map[string]string{"/settings": "/sign-in", "/settings/members": "/sign-in?next=%2Fsettings%2Fmembers",
		"/settings/keys": "/sign-in", "/settings/agency": "/sign-in?next=%2Fsettings%2Fagency", "/upgrade": "/sign-in?next=%2Fupgrade"} {
		p.nobody().get(path).is(303).has("Location", to)
		p.nobody().post(path, url.Values{})
	}
	client := p.signIn(p.address("client"))
	client.get("/settings").is(403).shows("You don't have access")
}

func TestTheHoursInvitesAreTold(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for n := range 10 {
		if a, _ := o.agency(); a.Limits.Invites.Left != 10-n || a.Limits.Invites.NextFreeAt != nil {
			t.Fatalf("after %d invites: %+v", n, a.Limits)
		}
		o.invite(fmt.Sprintf("c%d@client.example", n))
	}
	a, _ := o.agency()
	if a.Limits.Invites.Left != 0 || a.Limits.Invites.NextFreeAt == nil || a.Limits.Invites.NextFreeAt.Sub(p.now()) > time.Hour {
		t.Errorf("after ten: %+v", a.Limits)
	}
}

func TestKeysByThePage(t *testing.T) {
	p := start(t)
	c, _ := p.signUp(p.address("founder"), "Acme")
	armoured(t, c.get("/settings/keys").is(200).shows("No API keys yet", "See clients"))
	c.post("/settings/keys", url.Values{"do": {"create"}, "name": {"CRM"}}).is(422).shows("Choose at least one scope")
	form := url.Values{"do": {"create"}, "name": {"CRM"}, "scope": {"clients:read"}, "key": {"00112233445566778899aabbccddeeff"}}
	made := c.post("/settings/keys", form).is(200).shows("Copy the key now.")
	armoured(t, made)
	secret := regexp.MustCompile(`lkk_[A-Za-z0-9_]+`).Find(made.body)
	p.program(string(secret)).get("/v1/clients").is(200)
	c.post("/settings/keys", form).is(200).shows("You created this key a moment ago.").hides(string(secret))
	list := c.get("/settings/keys").is(200).shows("CRM", "clients:read").hides(string(secret))
	id := regexp.MustCompile(`revoke=(key_[0-9A-Z]+)`).FindSubmatch(list.body)
	armoured(t, c.get("/settings/keys?revoke="+string(id[1])).is(200).shows("Revoke CRM?", "Keep key"))
	c.post("/settings/keys", url.Values{"do": {"revoke"}, "id": {string(id[1])}}).is(303).has("Location", "/settings/keys?done=revoked")
	c.get("/settings/keys?done=revoked").is(200).shows("Key revoked.", "Revoked")
	p.program(string(secret)).get("/v1/clients").fails(401, "unauthenticated")
	c.post("/settings/keys", url.Values{"do": {"revoke"}, "id": {"key_x"}}).is(404)
	c.post("/settings/keys", url.Values{"do": {"dance"}}).is(400)
}

func TestAnAgencyHasSoManyKeys(t *testing.T) {
	p := start(t)
	c, _ := p.signUp(p.address("founder"), "Acme")
	var last key
	for n := range 30 {
		last = c.key(fmt.Sprint("key ", n), "clients:read")
	}
	if f := c.post("/v1/api-keys", m{"name": "one more", "scopes": []string{"clients:read"}}).fails(422, "invalid"); f.at("name") == "" {
		t.Errorf("%+v", f)
	}
	c.delete("/v1/api-keys/" + last.ID).is(204)
	c.key("one more", "clients:read")
}

// TestFD6TheAPISaysThatANameIsHeld, with every answer that has the agency in it, from the change on that makes it so.
func TestFD6TheAPISaysThatANameIsHeld(t *testing.T) {
	p := start(t)
	o, a := p.signUp(p.address("founder"), "PayPal Support Team")
	const like = "Until your first paid plan, your emails come from Latchkey and show this name only in their text, because it looks " +
		"like “PayPal”."
	held := func(how string, got *string, want string) {
		t.Helper()
		if (got == nil) != (want == "") || got != nil && *got != want {
			t.Errorf("%s: nameHeld is %v, want %q", how, got, want)
		}
	}
	now := func() *string { a, _ := o.agency(); return a.NameHeld }
	held("signUpAgency", a.NameHeld, like)
	held("getAgency", now(), like)
	o.get("/settings").is(200).shows(like)
	rename := func(name string) (b ownAgency) {
		o.do("PATCH", "/v1/agency/branding", m{"name": name}).is(200).into(&b)
		return b
	}
	held("a name of its own", rename("Fresh Flows").NameHeld, "")
	held("many words", rename("We Really Do Make Very Fresh Flows").NameHeld,
		"Until your first paid plan, your emails come from Latchkey and show this name only in their text, because it has more than "+
			"five words.")
	if b := string(o.get("/v1/agency").is(200).body); !strings.Contains(b, `"nameHeld":"Until`) {
		t.Errorf("the agency is %s", b)
	}
	p.onMax(a.ID)
	held("on Max", now(), "")
	if b := string(o.get("/v1/agency").is(200).body); !strings.Contains(b, `"nameHeld":null`) {
		t.Errorf("the agency is %s", b)
	}
}
