package apitest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
)

// waits are the agencies whose invitations the session lists.
func (c *caller) waits() (all []string) {
	c.t.Helper()
	var s struct {
		Invitations []struct {
			AgencyID, Agency string
			ExpiresAt        time.Time
		}
	}
	c.get("/v1/sessions/current").is(200).into(&s)
	if s.Invitations == nil {
		c.t.Error("the list of invitations is null")
	}
	for _, i := range s.Invitations {
		all = append(all, i.AgencyID)
	}
	return all
}

// TestFS7AnInvitationWaitsForTheProvenAddress: who signs in without the link finds the invitation, and accepts it as it stands.
func TestFS7AnInvitationWaitsForTheProvenAddress(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	at := o.agencyOf()
	i := o.invite(p.address("ops"), m{"grants": []m{{"resource": named(t, o.things("instances"), "Acme production").ID, "access": "read"}}})
	p.skipMails(i.Email)
	c := p.signIn(i.Email)
	if got := c.waits(); len(got) != 1 || got[0] != at {
		t.Fatalf("the session lists %v", got)
	}
	page := c.get("/portal").is(200).shows("Northwind Automations invited you", "Review")
	if !strings.Contains(string(page.body), `href="/i/`+at+`"`) {
		t.Error("the page has no way on")
	}
	c.get("/i/"+at).is(200).shows("Acme production", "Accept Invitation")
	var shown struct{ Offer, Standing string }
	c.get("/v1/invitations/" + at).is(200).into(&shown)
	if shown.Standing != "invited" || shown.Offer == "" {
		t.Errorf("the API shows %+v", shown)
	}

	// Nobody else learns anything of it, and nobody accepts anything but what was shown.
	p.nobody().get("/i/"+at).is(303).has("Location", "/sign-in?next="+url.QueryEscape("/i/"+at))
	p.nobody().get("/v1/invitations/"+at).fails(401, "unauthenticated")
	p.nobody().post("/v1/invitations/"+at+"/decline", nil).fails(401, "unauthenticated")
	other := p.signIn(p.address("other"))
	if got := other.waits(); len(got) != 0 {
		t.Errorf("another person's session lists %v", got)
	}
	other.get("/i/" + at).is(410)
	other.get("/v1/invitations/"+at).fails(410, "invitation_gone")
	other.post("/v1/invitations/"+at+"/accept", nil).fails(410, "invitation_gone")
	other.get("/portal").is(200).shows("No portal for this address")
	for _, bad := range []string{"ag_", "ag_x", "ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE", strings.ToLower(at)} {
		c.get("/v1/invitations/"+bad).fails(410, "invitation_gone")
	}
	c.post("/v1/invitations/"+at+"/accept", m{"offer": "0000000000000000"}).fails(409, "offer_changed")

	c.post("/i/"+at, do("accept", url.Values{"offer": {shown.Offer}})).is(303).has("Location", "/portal?agency="+at+"&welcome=1")
	c.get("/portal").is(200).shows("Acme production")
	c.post("/v1/invitations/"+at+"/accept", nil).is(200) // again changes nothing
	if got := c.waits(); len(got) != 0 {
		t.Errorf("after it was accepted the session lists %v", got)
	}
}

// TestFS7WhatIsOverDoesNotWait: an invitation that was cancelled, turned down, has expired or may not be accepted is not listed.
func TestFS7WhatIsOverDoesNotWait(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	at := o.agencyOf()
	i := o.invite(p.address("ops"))
	c := p.signIn(i.Email)
	o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200)
	if got := c.waits(); len(got) != 0 {
		t.Errorf("cancelled: %v", got)
	}
	c.get("/i/" + at).is(410)
	c.post("/v1/invitations/"+at+"/accept", nil).fails(410, "invitation_gone")
	p.advance(61 * time.Second)
	i = o.invite(p.address("ops"))
	c.post("/i/"+at, do("decline", url.Values{"reason": {"Not now"}})).is(303)
	if got := c.waits(); len(got) != 0 || o.look(i.ID).Status == "pending" {
		t.Errorf("turned down: %v, %s", got, o.look(i.ID).Status)
	}
	p.advance(61 * time.Second)
	o.invite(p.address("ops"))
	if got := c.waits(); len(got) != 1 {
		t.Errorf("invited again: %v", got)
	}
	p.advance(7*24*time.Hour + time.Minute)
	if got := c.waits(); len(got) != 0 {
		t.Errorf("expired: %v", got)
	}
	c.post("/v1/invitations/"+at+"/accept", nil).fails(410, "invitation_expired")
}

// TestFS7WhatWaitsIsShownToWhoeverIsSignedIn: to a client of another agency, and to somebody who works at one.
func TestFS7WhatWaitsIsShownToWhoeverIsSignedIn(t *testing.T) {
	p := own(t, local.Options{})
	o, other := p.signIn(owner), p.signIn(soloOwner)
	at := other.agencyOf()
	p.onMax(at)
	to := p.address("ops")
	o.invite(to)
	c := p.accept(to)
	who, staff := o.hire(p.address("dana"), "admin")
	other.invite(to)
	second := other.invite(who.Email)
	way := `href="/i/` + at + `"`
	shown := func(c *caller, paths ...string) {
		t.Helper()
		for _, path := range paths {
			if a := c.get(path).is(200).shows("invited you", "Review"); !strings.Contains(string(a.body), way) {
				t.Errorf("%s has no way on", path)
			}
		}
	}
	shown(c, "/portal", "/account", "/agencies", "/portal?agency="+o.agencyOf())
	shown(staff, "/home", "/agencies", "/account", "/portal")
	other.post("/v1/invites/"+second.ID+"/cancel", nil).is(200)
	for _, path := range []string{"/home", "/agencies", "/account"} {
		staff.get(path).is(200).hides("invited you")
	}
	staff.get("/portal").is(303).has("Location", "/home")
}

// TestFS7TheOtherAnswersNeedNoLinkEither: the API takes a no, another address and a wish for a new link by the agency's id, as the
// page does, from the owner of the invited address alone.
func TestFS7TheOtherAnswersNeedNoLinkEither(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	at := "/v1/invitations/" + o.agencyOf()
	i := o.invite(p.address("ops"))
	c, other := p.signIn(i.Email), p.signIn(p.address("other"))
	body := map[string]m{"/propose": {"email": p.address("pat")}, "/decline": {"reason": "Not now"}, "/request-link": nil}
	for answer, b := range body {
		p.nobody().post(at+answer, b).fails(401, "unauthenticated")
		p.program("lkk_none").post(at+answer, b).fails(401, "unauthenticated")
		other.post(at+answer, b).fails(410, "invitation_gone")
	}
	c.post(at+"/propose", body["/propose"]).is(204)
	if is := o.readClient(i.ClientID); is.Proposal == nil || *is.Proposal != p.address("pat") {
		t.Errorf("proposed is %v", is.Proposal)
	}
	p.advance(7*24*time.Hour + time.Minute)
	c.post(at+"/decline", nil).fails(410, "invitation_expired")
	c.post(at+"/request-link", nil).is(204)
	o.get("/clients/" + i.ClientID).is(200).shows("new link")
	p.advance(2 * time.Minute)
	o = p.signIn(owner)
	o.post("/v1/invites/"+i.ID+"/resend", nil, wait...).is(200)
	c.post(at+"/decline", body["/decline"]).is(204)
	if is := o.look(i.ID); is.Status != "canceled" {
		t.Errorf("it is %s", is.Status)
	}
	c.post(at+"/decline", nil).fails(410, "invitation_gone")
}
