package apitest_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// shareLink is a link as the API shows it.
type shareLink struct {
	ID, Name, Reason, URL, CreatedByName string
	Uses                                 int
	MaxUses                              *int
	ExpiresAt                            *time.Time
	NeverExpires, Unlimited              bool
	Approval, Works, CreateContact       bool
	Domains                              []string
	Roles                                []struct{ ID, Name string }
	Joined                               []struct{ ClientID, Name string }
}

// token is the secret at the end of the link's address.
func (l shareLink) token() string { return l.URL[strings.LastIndexByte(l.URL, '/')+1:] }

// shareOwner is the owner of an agency of its own on Max, which has Client Portal.
func (p *product) shareOwner(name string) *caller {
	p.t.Helper()
	o := p.ownerOnMax(name)
	o.put("/v1/portal-app", nil).is(200)
	return o
}

// share makes a link.
func (c *caller) share(body m) shareLink {
	c.t.Helper()
	var l shareLink
	c.post("/v1/share-links", body).is(201).into(&l)
	return l
}

// TestFL11TheLinkIsShownOnceAndListed makes links by the API and by the page.
func TestFL11TheLinkIsShownOnceAndListed(t *testing.T) {
	p := start(t)
	o := p.shareOwner("links")
	l := o.share(m{"name": "Trade fair", "domains": []string{"@BÜCHER.example"}})
	if !strings.Contains(l.URL, "/join/lks_") || l.MaxUses == nil || *l.MaxUses != 25 || l.ExpiresAt == nil || l.NeverExpires ||
		l.Unlimited || !l.Works || l.Domains[0] != "xn--bcher-kva.example" {
		t.Errorf("PortalL5: made: %+v", l)
	}
	free := o.share(m{"neverExpires": true, "unlimited": true})
	if free.MaxUses != nil || free.ExpiresAt != nil || !free.NeverExpires || !free.Unlimited {
		t.Errorf("PortalL5: without an end: %+v", free)
	}
	var all struct{ Items []shareLink }
	o.get("/v1/share-links").is(200).into(&all)
	if len(all.Items) != 2 || all.Items[0].ID != free.ID || all.Items[0].URL != "" || all.Items[1].URL != "" {
		t.Errorf("listed: %+v", all.Items)
	}
	o.get("/client-portal/links").is(200).shows("Trade fair", "Never expires", "Unlimited uses").hides(l.token(), free.token())
	if f := o.post("/v1/share-links", m{"domains": []string{"gmail.com"}, "maxUses": 0,
		"expiresAt": "yesterday"}).fails(422, "invalid"); f.at("expiresAt") == "" {
		t.Errorf("what cannot be: %+v", f)
	}
	f := o.post("/v1/share-links", m{"domains": []string{"gmail.com"}, "maxUses": 0}).fails(422, "invalid")
	if f.at("domains") == "" || f.at("maxUses") == "" {
		t.Errorf("PortalL6: %+v", f)
	}
	once := []string{"Idempotency-Key", "share-" + p.run}
	var first, again shareLink
	o.post("/v1/share-links", m{"name": "once"}, once...).is(201).into(&first)
	o.post("/v1/share-links", m{"name": "once"}, once...).is(201).into(&again)
	if first.ID != again.ID || first.URL == "" || again.URL != "" {
		t.Errorf("once: %+v, %+v", first, again)
	}
	o.post("/v1/share-links", m{"name": "other"}, once...).fails(409, "idempotency_conflict")

	form := url.Values{"name": {"By the page"}, "createContact": {"yes"}, "expiry": {"never"}, "limit": {"number"}, "maxUses": {"3"},
		"domains": {"acme.example, bolt.example"}, "key": {"00112233445566778899aabbccddeeff"}}
	a := o.post("/client-portal/links", do("create", form)).is(200).shows("Link created", "Copy it now")
	address := regexp.MustCompile(`/join/lks_[0-9A-Za-z]+`).FindString(string(a.body))
	p.nobody().get(address).is(200)
	a = o.post("/client-portal/links", do("create", form)).is(200).shows("created before")
	if regexp.MustCompile(`/join/lks_`).Match(a.body) {
		t.Error("the link is shown twice")
	}
	o.post("/client-portal/links", do("create", url.Values{"domains": {"gmail.com"}, "name": {"Kept"}})).is(422).
		shows("gmail.com").holds(`value="Kept"`)
	which := "/client-portal/links/" + l.ID
	o.get(which).is(200).shows("Trade fair", "Nobody yet.", "Reset", "Disable")
	saved := url.Values{"name": {"Fair"}, "expiry": {"at"}, "limit": {"none"}}
	o.post(which, do("save", saved)).is(303).has("Location", which+"?done=saved")
	o.get("/v1/share-links/" + l.ID).is(200).into(&l)
	if l.Name != "Fair" || !l.Unlimited || len(l.Domains) != 0 {
		t.Errorf("changed by the page: %+v", l)
	}
	o.post(which, do("save", url.Values{"expiry": {"at"}, "expiresAt": {"2001-01-01T00:00"}, "limit": {"none"}})).is(422)
	o.get(which + "?ask=reset").is(200).shows("Reset this link?")
	a = o.post(which, do("reset", url.Values{})).is(200).shows("New link created")
	next := regexp.MustCompile(`/join/lks_[0-9A-Za-z]+`).FindString(string(a.body))
	p.nobody().get("/join/" + l.token()).is(410)
	p.nobody().get(next).is(200)
	o.get(which + "?ask=disable").is(200).shows("Disable this link?")
	o.post(which, do("disable", url.Values{})).is(303)
	p.nobody().get(next).is(410)
	o.post(which, do("reset", url.Values{})).is(409)
	o.patch("/v1/share-links/"+l.ID, m{"name": "x"}).fails(409, "not_active")
	o.get("/client-portal/links/lnk_01KAM5Q0Z8W3RN6T0V4K2M9QXB").is(404)
	o.delete("/v1/portal-app").is(204)
	o.get("/client-portal/links").is(404)
	o.get("/v1/share-links").fails(404, "not_found")
	p.nobody().get(address).is(410)
}

// TestFL12WhoeverFollowsTheLinkJoins joins by the page with a code, as somebody new and as somebody who is signed in.
func TestFL12WhoeverFollowsTheLinkJoins(t *testing.T) {
	p := start(t)
	o := p.shareOwner("joining")
	l := o.share(m{"name": "Site"})
	at := "/join/" + l.token()
	guest := p.nobody()
	a := guest.get(at).is(200).has("Referrer-Policy", "no-referrer").shows("Agency joining", "client portal", "Email me a sign-in code").
		holds(`name="form-token"`)
	if strings.Contains(string(a.body), o.agencyOf()) {
		t.Error("the page tells more than it has to")
	}
	who := p.address("fl12")
	guest.post(at, do("code", url.Values{"email": {"nonsense"}})).is(422)
	guest.post(at, do("code", url.Values{"email": {who}, "name": {"https://spam.example"}})).is(422)
	there := guest.post(at, do("code", url.Values{"email": {who}, "name": {"Pat Doe"}})).is(303).header.Get("Location")
	guest.get(there).is(200).shows(who, "Sign-in code", "Join")
	right := p.nextCode(who)
	guest.post(at, do("join", url.Values{"email": {who}, "name": {"Pat Doe"}, "code": {"12345"}})).is(422)
	a = guest.post(at, do("join", url.Values{"email": {who}, "name": {"Pat Doe"}, "code": {right}})).is(303)
	guest.cookie = a.session()
	if !strings.HasPrefix(a.header.Get("Location"), "/portal?agency=ag_") {
		t.Fatalf("joining leads to %q", a.header.Get("Location"))
	}
	guest.get(a.header.Get("Location")).is(200)
	guest.get(at).is(200).shows("already joined")
	guest.post(at, do("join", url.Values{})).is(303)
	o.get("/v1/share-links/" + l.ID).is(200).into(&l)
	if l.Uses != 1 || len(l.Joined) != 1 || l.Joined[0].Name != "Pat Doe" {
		t.Errorf("PortalL11: %+v", l)
	}
	o.get("/client-portal/links/"+l.ID).is(200).shows("Pat Doe", "1 of 25 uses")
	known := p.signIn(p.address("fl12-known"))
	known.get(at).is(200).shows("Signed in as", "Join")
	known.post(at, do("join", url.Values{})).is(303)
	var joined struct{ Standing, ClientID, PortalURL string }
	known.post("/v1"+at, nil).is(200).into(&joined)
	if joined.Standing != "joined" || joined.ClientID == "" || joined.PortalURL == "" {
		t.Errorf("by the API, again: %+v", joined)
	}
	o.get(at).is(409).shows("You work here")
	o.post("/v1"+at, nil).fails(409, "already_member")
	p.nobody().post("/v1"+at, nil).fails(401, "unauthenticated")
	var seen struct {
		Standing string
		Agency   struct{ Name string }
	}
	p.nobody().get("/v1" + at).is(200).into(&seen)
	if seen.Standing != "anonymous" || !strings.HasPrefix(seen.Agency.Name, "Agency joining") {
		t.Errorf("anonymous: %+v", seen)
	}
	// FL23: there is no other way in.
	p.nobody().post("/v1/join/lks_0", m{"name": "x"}).fails(401, "unauthenticated")
	known.post("/v1/join/lks_0", m{"name": "x"}).fails(410, "invitation_gone")
}

// TestFL13ADeadLinkIs410 looks at links that are over as somebody who is not signed in, who reads the same of all of them.
func TestFL13ADeadLinkIs410(t *testing.T) {
	p := start(t)
	o := p.shareOwner("dead")
	reset, off, used := o.share(m{}), o.share(m{}), o.share(m{"maxUses": 1})
	var next shareLink
	o.post("/v1/share-links/"+reset.ID+"/reset", nil).is(200).into(&next)
	if next.URL == reset.URL || next.URL == "" {
		t.Errorf("reset: %+v", next)
	}
	o.post("/v1/share-links/"+off.ID+"/disable", nil).is(200)
	in := p.signIn(p.address("fl13"))
	in.post("/v1/join/"+used.token(), nil).is(200)
	in.get("/join/"+reset.token()).is(410).shows("has replaced this link", "Open your portal") // who is in needs no new one
	late := p.signIn(p.address("fl13-late"))
	pages := map[string]bool{}
	for token, says := range map[string]string{reset.token(): "has replaced this link", off.token(): "has switched this link off",
		used.token(): "This link has been used up.", "lks_nothing": "doesn't work"} {
		body := p.nobody().get("/join/" + token).is(410).text()
		pages[strings.ReplaceAll(body, token, "")] = true
		p.nobody().get("/v1/join/"+token).says(410, "invitation_gone", "This link doesn't work. Ask whoever sent it for a new one.")
		late.get("/join/" + token).is(410).shows(says)
		late.post("/join/"+token, do("join", url.Values{})).is(410)
	}
	if len(pages) != 1 {
		t.Errorf("PortalL4: somebody who is not signed in sees %d pages", len(pages))
	}
	p.nobody().get("/join/" + next.token()).is(200)
}

// TestX11ApprovalQueue asks to join, and has it decided on by the page and the API.
func TestX11ApprovalQueue(t *testing.T) {
	p := start(t)
	o := p.shareOwner("queue")
	l := o.share(m{"name": "Door", "approval": true})
	at := "/join/" + l.token()
	pat, kim := p.signIn(p.address("x11-pat")), p.signIn(p.address("x11-kim"))
	pat.get(at).is(200).shows("Ask to join")
	pat.post(at, do("join", url.Values{"name": {"Pat Doe"}})).is(303)
	pat.get(at).is(200).shows("You've asked to join")
	var asked struct{ Standing string }
	kim.post("/v1"+at, nil).is(200).into(&asked)
	if asked.Standing != "waiting" {
		t.Errorf("asked: %+v", asked)
	}
	pat.get("/v1/portal").is(404)
	var all struct {
		Items []struct{ ID, Email, Name, State, LinkID string }
	}
	o.get("/v1/join-requests").is(200).into(&all)
	if len(all.Items) != 2 || all.Items[0].Name != "Pat Doe" || all.Items[0].State != "waiting" || all.Items[0].LinkID != l.ID {
		t.Fatalf("asked: %+v", all.Items)
	}
	o.get("/client-portal/links").is(200).shows("2 people ask to join", "Pat Doe", p.address("x11-kim"))
	o.post("/client-portal/links", do("approve", url.Values{"id": {all.Items[0].ID}})).is(303)
	o.post("/v1/join-requests/"+all.Items[0].ID+"/approve", nil).fails(409, "not_pending")
	o.get("/client-portal/links?ask=" + all.Items[1].ID).is(200).shows("can't ask again by this link")
	o.post("/v1/join-requests/"+all.Items[1].ID+"/refuse", nil).is(200)
	o.post("/client-portal/links", do("refuse", url.Values{"id": {all.Items[1].ID}})).is(409)
	o.post("/v1/join-requests/req_01KAM5Q0Z8W3RN6T0V4K2M9QXB/approve", nil).fails(404, "not_found")
	pat.get("/v1/portal").is(200)
	pat.get(at).is(200).shows("already joined")
	p.advance(2 * time.Minute)
	if mail := p.nextAbout(p.address("x11-pat"), "approved your request to join"); !strings.Contains(mail.Text, "/portal?agency=ag_") {
		t.Errorf("PortalL7: %+v", mail)
	}
	kim.get(at).is(403).shows("has declined your request")
	kim.post("/v1"+at, nil).fails(403, "forbidden")
	var mine struct {
		JoinRequests []struct{ RequestID string }
	}
	lou := p.signIn(p.address("x11-lou"))
	lou.post("/v1"+at, m{"name": "Lou"}).is(200)
	lou.get("/v1/me/export").is(200).into(&mine)
	if len(mine.JoinRequests) != 1 {
		t.Errorf("the person's own data: %+v", mine)
	}
}

// TestX11DomainsAndExistingClients follows links with an address that they are not for, and as a client.
func TestX11DomainsAndExistingClients(t *testing.T) {
	p := start(t)
	o := p.shareOwner("domains")
	var r struct{ ID string }
	o.post("/v1/roles", m{"name": "Joins", "active": true, "rules": m{}}).is(201).into(&r)
	only := o.share(m{"domains": []string{"other.example"}})
	who := p.signIn(p.address("x11-client"))
	who.get("/join/" + only.token()).is(403).shows("limits this link to certain email domains")
	who.post("/v1/join/"+only.token(), nil).fails(403, "wrong_account")
	first, more := o.share(m{}), o.share(m{"roles": []string{r.ID}})
	who.post("/v1/join/"+first.token(), nil).is(200)
	at := "/join/" + more.token()
	who.get(at).is(200).shows("You're already a client of", "Nothing is taken away.")
	who.post("/v1"+at, nil).fails(409, "already_client")
	who.post(at, do("join", url.Values{})).is(409).shows("Add to my access")
	who.post(at, do("join", url.Values{"adds": {"yes"}})).is(303)
	who.get(at).is(200).shows("already joined")
	var links struct{ Items []shareLink }
	o.get("/v1/share-links").is(200).into(&links)
	n := slices.IndexFunc(links.Items, func(l shareLink) bool { return l.ID == more.ID })
	if n < 0 || links.Items[n].Uses != 1 || len(links.Items[n].Roles) != 1 || links.Items[n].Roles[0].Name != "Joins" {
		t.Errorf("PortalL10: %+v", links.Items)
	}
	o.post("/v1/share-links", m{"roles": []string{"rol_01KAM5Q0Z8W3RN6T0V4K2M9QXB"}}).fails(422, "invalid")
	invited := p.address("x11-invited")
	o.invite(invited)
	p.signIn(invited).get("/join/" + first.token()).is(409).shows("You have an invitation").holds("/i/ag_")
	p.nobody().post("/account", do("sign-out", url.Values{"next": {at}})).is(303).has("Location", at)
}
