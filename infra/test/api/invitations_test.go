package apitest_test

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/link"
)

// invitation is what a link shows.
type invitation struct {
	Agency                          struct{ ID, Name, Color, LogoURL string }
	Email, Standing, Payer, Message string
	Grants                          []struct{ Kind, Name, Access string }
	ExpiresAt                       time.Time
}

func TestFE22X1TheLinkLeadsToSignInAndThenToThePopulatedPortal(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	instances := o.things("instances")
	to := p.address("ops")
	i := o.invite(to, m{"name": "Acme Ltd", "message": "Welcome aboard.", "grants": []m{
		{"resource": named(t, instances, "Acme production").ID, "access": "read"},
		{"resource": named(t, instances, "Acme staging").ID, "access": "write"}}})
	secret := p.nextToken(to)

	// By the pages alone, without a script.
	guest := p.nobody()
	guest.get("/i/"+secret).is(200).shows("Nora Lindqvist from Northwind Automations invited you to their client portal", "Welcome aboard.",
		"Acme production", "Acme staging", "Read-only", "Read-write", "Accept Invitation").
		hides(to)
	guest.post("/i/"+secret, url.Values{}).is(401)
	asks := "/i/" + secret + "?step=code"
	guest.post("/i/"+secret, do("code", url.Values{})).is(303).has("Location", asks)
	guest.get(asks).is(200).shows("Sign-in code", "Accept Invitation").hides(to, "sent a new code.")
	right := p.nextCode(to)
	n := len(p.mails(to))
	if guest.get(asks).is(200).shows("Sign-in code"); len(p.mails(to)) != n {
		t.Error("loading the page again mails another code")
	}
	guest.post("/i/"+secret, url.Values{"code": {"12345"}}).is(422).shows("Enter the six digits from the email.")
	a := guest.post("/i/"+secret, url.Values{"code": {right}}).is(303)
	guest.cookie = a.session()
	there := a.header.Get("Location")
	if !strings.HasPrefix(there, "/portal?agency=ag_") || guest.cookie == "" {
		t.Fatalf("accepting leads to %q with the cookies %v", there, a.cookies)
	}
	guest.get(there).is(200).shows("Northwind Automations", "Acme production", "Acme staging", "Welcome")
	guest.get("/").is(303).has("Location", "/portal")

	// By the API: the same, with the agency's face.
	var portal struct {
		Agency              struct{ ID, Name, Color, LogoURL string }
		Access              string
		Instances, Services []thing
		Agencies            []struct{ ID string }
	}
	guest.get("/v1/portal").is(200).into(&portal)
	if portal.Agency.Name != "Northwind Automations" || portal.Agency.Color == "" || portal.Access != "full" ||
		len(portal.Instances) != 2 || len(portal.Services) != 0 {
		t.Errorf("the portal is %+v", portal)
	}
	guest.get("/v1/portal?agency=" + portal.Agency.ID).is(200)
	guest.get("/v1/portal?agency=ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE").fails(404, "not_found")
	guest.get("/portal?agency=ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE").is(404)
	p.nobody().get("/v1/portal").fails(401, "unauthenticated")
	p.nobody().get("/portal").is(303).has("Location", "/sign-in")

	// The timeline tells the whole story, in this order; when the delivery was reported does not matter.
	story := slices.DeleteFunc(o.look(i.ID).events(), func(e string) bool { return e == "delivered" })
	if want := []string{"queued", "sent", "opened", "accepted"}; !slices.Equal(story, want) {
		t.Errorf("the timeline is %v, want %v", story, want)
	}
	o.get("/clients/"+i.ClientID).is(200).shows("Active", "Link opened", "Invitation accepted").hides("Invite pending", "Cancel invite")
}

func TestAcceptingByTheAPI(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("ops")
	i := o.invite(to)
	secret := p.nextToken(to)
	path := "/v1/invitations/" + secret

	var v invitation
	p.nobody().get(path).is(200).into(&v).hides(to)
	if v.Standing != "anonymous" || v.Email != "o•••@client.example" || v.Agency.Name != "Northwind Automations" || v.Payer != "agency" ||
		!v.ExpiresAt.Equal(i.ExpiresAt) {
		t.Errorf("a stranger sees %+v", v)
	}
	p.nobody().post(path+"/accept", nil).fails(401, "unauthenticated")

	other := p.signIn(p.address("somebody"))
	other.get(path).is(200).into(&v).hides(to)
	if v.Standing != "other_account" || v.Email != "o•••@client.example" {
		t.Errorf("somebody else sees %+v", v)
	}
	if f := other.post(path+"/accept", nil).fails(403, "wrong_account"); strings.Contains(f.Detail, to) ||
		!strings.Contains(f.Detail, "o•••@client.example") {
		t.Errorf("somebody else reads %q", f.Detail)
	}
	other.get("/i/"+secret).is(200).shows("This invitation is for another address", "o•••@client.example").hides(to)
	other.post("/i/"+secret, url.Values{}).is(403).hides(to)
	// The agency's own owner is somebody else, too, and an API key is nobody.
	o.post(path+"/accept", nil).fails(403, "wrong_account")

	me := p.signIn(strings.ToUpper(to))
	me.get(path).is(200).into(&v)
	if v.Standing != "invited" || v.Email != to {
		t.Errorf("the invited person sees %+v", v)
	}
	var done, again struct{ ClientID, AgencyID, PortalURL string }
	me.post(path+"/accept", nil).is(200).into(&done)
	if done.ClientID != i.ClientID || !strings.HasSuffix(done.PortalURL, "/portal?agency="+done.AgencyID) {
		t.Errorf("accepting answered %+v", done)
	}
	me.post(path+"/accept", nil).is(200).into(&again)
	if again != done {
		t.Errorf("accepting again answered %+v", again)
	}
	me.get(path).is(200).into(&v)
	if v.Standing != "accepted" {
		t.Errorf("who accepted stands as %q", v.Standing)
	}
	me.get("/i/" + secret).is(200).shows("already accepted")
	if s := o.look(i.ID).Status; s != "accepted" {
		t.Errorf("the invite is %s", s)
	}
}

func TestDeadLinksAreAllTheSame(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	used, canceled := p.address("used"), p.address("canceled")
	o.invite(used)
	gone := o.invite(canceled)
	dead := map[string]string{"used": p.nextToken(used), "canceled": p.nextToken(canceled)}
	p.signIn(used).post("/v1/invitations/"+dead["used"]+"/accept", nil).is(200)
	o.post("/v1/invites/"+gone.ID+"/cancel", nil).is(200)
	// Well-formed ones that were never handed out: for an invite that is pending, and for none.
	o.invite(p.address("pending"))
	agency, ref, err := link.Locate(p.nextToken(p.address("pending")))
	if err != nil {
		t.Fatal(err)
	}
	dead["another's place"] = link.New(agency, ref)
	dead["nobody's place"] = link.New("ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE", ref)
	dead["malformed"] = "lki_x"
	dead["no token"] = "hello"
	dead["an API key's form"] = "lkk_" + dead["used"][4:]
	dead["one letter off"] = swapLast(dead["canceled"])
	foreign := p.signIn(p.address("stranger")) // signed in, but not the one who used it

	var page, body []byte
	for name, secret := range dead {
		for _, who := range []*caller{p.nobody(), foreign} {
			a := who.get("/v1/invitations/" + secret)
			a.says(410, "invitation_gone", "This invitation is no longer valid.")
			if body == nil {
				body = a.body
			}
			b := who.get("/i/"+secret).is(410).shows("This invitation is no longer valid.").hides("Northwind", "client.example")
			if page == nil {
				page = b.body
			}
			if !bytes.Equal(a.body, body) || !bytes.Equal(b.body, page) {
				t.Errorf("%s: a dead link differs from another\n%s\n%s", name, a.body, b.text())
			}
		}
		foreign.post("/v1/invitations/"+secret+"/accept", nil).says(410, "invitation_gone", "This invitation is no longer valid.")
		foreign.post("/i/"+secret, url.Values{}).is(410).shows("This invitation is no longer valid.")
		foreign.post("/i/"+secret, do("code", url.Values{})).is(410).shows("This invitation is no longer valid.")
	}
}

// swapLast changes the last letter, and with it the checksum.
func swapLast(s string) string {
	if s[len(s)-1] == 'a' {
		return s[:len(s)-1] + "b"
	}
	return s[:len(s)-1] + "a"
}

func TestAnExpiredLinkSaysWhomToAsk(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("late")
	i := o.invite(to)
	secret := p.nextToken(to)
	if days := i.ExpiresAt.Sub(i.CreatedAt); days != 7*24*time.Hour {
		t.Errorf("the invite lives for %s, want seven days", days)
	}
	p.advance(7*24*time.Hour + time.Minute)
	const sentence = "This invitation has expired. Ask Northwind Automations to send it again."
	p.nobody().get("/v1/invitations/"+secret).says(410, "invitation_expired", sentence)
	p.nobody().get("/i/"+secret).is(410).shows("This invitation has expired", "Ask Northwind Automations for a new link.")
	c := p.signIn(to)
	c.post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_expired")
	c.get("/v1/portal").fails(404, "not_found")
	var list struct {
		Items []struct{ Email, Status string }
	}
	p.signIn(owner).get("/v1/clients?status=inactive&limit=200").is(200).into(&list)
	if !slices.ContainsFunc(list.Items, func(x struct{ Email, Status string }) bool { return x.Email == to }) {
		t.Error("the client is not listed as inactive")
	}
}

// TestLookingChangesNothing: scanners of mail follow every link, many times, and preview programs ask with HEAD.
func TestLookingChangesNothing(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("ops")
	i := o.invite(to)
	secret := p.nextToken(to)
	p.until("the delivery", func() bool { return slices.Contains(o.look(i.ID).events(), "delivered") })
	before := o.get("/v1/invites/" + i.ID).is(200)
	me := p.signIn(to)
	looks := 1000
	if os.Getenv("LATCHKEY_URL") != "" {
		looks = 20 // elsewhere a look may take a second
	}
	for n := range looks {
		who := p.nobody()
		if n%2 == 1 {
			who = me
		}
		path := "/i/" + secret
		if n%4 >= 2 {
			path = "/v1/invitations/" + secret
		}
		if n%5 > 0 {
			who.get(path).is(200)
		} else if a := who.do(http.MethodHead, path, nil); a.status >= 500 {
			t.Fatalf("HEAD answered %d", a.status)
		}
	}
	if after := o.get("/v1/invites/" + i.ID).is(200); !bytes.Equal(before.body, after.body) {
		t.Errorf("the invite was\n%s\nand is\n%s", before.body, after.body)
	}
	// Nothing that GET reaches sends, resends, cancels or signs out.
	for _, path := range []string{"/v1/invites/" + i.ID + "/resend", "/v1/invites/" + i.ID + "/cancel",
		"/v1/invitations/" + secret + "/accept"} {
		me.get(path).is(405)
	}
	me.get("/v1/sessions/current").is(200)
	me.post("/v1/invitations/"+secret+"/accept", nil).is(200)
}

func TestLinksComeFromTheConfiguredOriginOnly(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.invite(p.address("plain"))
	origin, _, _ := strings.Cut(p.nextMail(p.address("plain")).Links[0], "/i/")
	evil := []string{"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "Forwarded", "host=evil.example;proto=http",
		"X-Forwarded-Prefix", "/evil", "X-Original-URL", "https://evil.example/"}
	to := p.address("ops")
	o.post("/v1/invites", m{"email": to}, slices.Concat(wait, evil)...).is(201).hides("evil.example")
	mail := p.nextMail(to)
	if !strings.HasPrefix(mail.Links[0], origin+"/i/") || strings.Contains(mail.HTML+mail.Text, "evil.example") {
		t.Errorf("the mail leads to %s", mail.Links[0])
	}
	me := p.signIn(to)
	var done struct{ PortalURL string }
	me.post("/v1/invitations/"+token(t, mail)+"/accept", nil, evil...).is(200).into(&done)
	if !strings.HasPrefix(done.PortalURL, origin+"/portal") {
		t.Errorf("the portal is said to be at %s", done.PortalURL)
	}
	for _, path := range []string{"/", "/sign-in", "/portal"} {
		a := me.get(path, evil...).hides("evil.example")
		if at := a.header.Get("Location"); at != "" && !strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") {
			t.Errorf("%s leads to %s", path, at)
		}
	}
	// Another Host makes no difference. Its name is a loopback one, since the local run serves no others.
	to = p.address("host")
	o.post("/v1/invites", m{"email": to}, append([]string{"Host", "localhost:1"}, wait...)...).is(201)
	if l := p.nextMail(to).Links[0]; !strings.HasPrefix(l, origin+"/i/") {
		t.Errorf("with another Host the mail leads to %s", l)
	}
	// Where to go next is never taken from the request.
	for _, next := range []string{"https://evil.example", "//evil.example", "/i/lki_x", "/i/../clients", "/i//evil.example",
		`/i/\evil.example`} {
		c := p.nobody()
		c.post("/account", do("sign-out", url.Values{"next": {next}})).is(303).has("Location", "/sign-in?done=signed-out")
	}
}

func TestNamesAndMessagesCarryNoHeadersMarkupOrLinks(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for _, wrong := range []string{"Acme\r\nBcc: all@evil.example", "Acme\nBcc", "Acme\rBcc", "Acme\u2028x", "<b>Acme</b>", "Acme <script>alert(1)</script>", "https://evil.example", "www.evil", "evil.com",
		"javascript:alert(1)", "mailto:a", "Acme\x00", "Acme\u202egro", "Acme\x1b[0m", strings.Repeat("a", 201)} {
		f := o.post("/v1/invites", m{"email": p.address("a"), "name": wrong}).fails(422, "invalid")
		if f.at("name") == "" {
			t.Errorf("the name %q: %+v", wrong, f)
		}
		a := o.post("/clients", url.Values{"email": {p.address("a")}, "name": {wrong}}).is(422).hides("<script>alert", "<b>Acme")
		if !strings.Contains(string(a.body), `id="name-wrong"`) {
			t.Errorf("the name %q: nothing under the field", wrong)
		}
	}
	for _, wrong := range []string{"See https://evil.example now", "<a href=x>", "click evil.com/x", "a\x00b", strings.Repeat("a", 501)} {
		if f := o.post("/v1/invites", m{"email": p.address("a"), "message": wrong}).fails(422, "invalid"); f.at("message") == "" {
			t.Errorf("the message %q: %+v", wrong, f)
		}
	}
	for _, wrong := range []string{"a@acme.example\r\nBcc: b@evil.example", "a@acme.example\nb", "a@acme.example, b@evil.example",
		"a@acme.example;b@evil.example", "a b@acme.example", "<script>@acme.example"} {
		if f := o.post("/v1/invites", m{"email": wrong}).fails(422, "invalid"); f.at("email") == "" {
			t.Errorf("the address %q: %+v", wrong, f)
		}
	}
	if n := len(p.mails(p.address("a"))); n != 0 {
		t.Errorf("%d mails went out", n)
	}
	// What is allowed is shown as it was typed, escaped.
	const odd = `Zoë & "Söhne" 'O’Brien' 株式会社`
	i := o.invite(p.address("odd"), m{"name": odd, "message": "1 & 2 \"quoted\""})
	if i.Name != odd {
		t.Errorf("the name became %q", i.Name)
	}
	secret := p.nextToken(p.address("odd"))
	p.nobody().get("/i/"+secret).is(200).shows(odd, `1 & 2 "quoted"`).hides(`& "`)
	o.get("/clients/" + i.ClientID).is(200).shows(odd)
	// Names of API keys follow the same rules.
	for _, wrong := range []string{"", "a\nb", "<b>", strings.Repeat("a", 201)} {
		if f := o.post("/v1/api-keys", m{"name": wrong, "scopes": []string{"invites:read"}}).fails(422, "invalid"); f.at("name") == "" {
			t.Errorf("the key's name %q: %+v", wrong, f)
		}
	}
}
