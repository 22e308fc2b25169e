package apitest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAnInactiveClientSaysWhy(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	type end func(i invite, secret string)
	accepted := func(after func(i invite, c *caller)) end {
		return func(i invite, secret string) {
			c := p.signIn(i.Email)
			c.post("/v1/invitations/"+secret+"/accept", nil).is(200)
			after(i, c)
		}
	}
	for why, end := range map[string]end{
		"canceled": func(i invite, _ string) { o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200) },
		"declined": func(_ invite, secret string) { p.nobody().post("/v1/invitations/"+secret+"/decline", m{}).is(204) },
		"removed":  accepted(func(i invite, _ *caller) { o.delete("/v1/clients/" + i.ClientID).is(200) }),
		"left":     accepted(func(_ invite, c *caller) { c.post("/v1/portal/leave", m{"agency": o.agencyOf()}).is(204) }),
	} {
		i, secret := o.linkTo(p.address(why))
		if c := o.readClient(i.ClientID); c.Status != "pending" || c.Reason != "" {
			t.Errorf("before it is %s, a client is %s for %q", why, c.Status, c.Reason)
		}
		end(i, secret)
		if c := o.readClient(i.ClientID); c.Status != "inactive" || c.Reason != why {
			t.Errorf("a client whose end is %s is %s for %q", why, c.Status, c.Reason)
		}
		o.get("/v1/clients?status=inactive").is(200)
	}
	i := o.invite("bounce@simulator.amazonses.com")
	p.until("the bounce", func() bool { return o.readClient(i.ClientID).Reason == "bounced" })
	late := o.invite(p.address("late"))
	p.advance(7*24*time.Hour + time.Minute)
	if c := o.readClient(late.ClientID); c.Status != "inactive" || c.Reason != "expired" {
		t.Errorf("a client who has not accepted in time is %s for %q", c.Status, c.Reason)
	}
}

func TestTheAgencySeesWhenAClientLastOpenedItsPortal(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := o.linkTo(p.address("ops"))
	c := p.signIn(i.Email)
	c.post("/v1/invitations/"+secret+"/accept", nil).is(200)
	seen := func() *time.Time { return o.readClient(i.ClientID).LastSeenAt }
	if at := seen(); at != nil {
		t.Errorf("before the first visit: %v", at)
	}
	// What the agency looks at is no visit.
	o.get("/clients/" + i.ClientID + "?preview=portal").is(200)
	if at := seen(); at != nil {
		t.Errorf("after a preview: %v", at)
	}
	c.get("/portal").is(200)
	first := seen()
	if first == nil || first.After(p.now()) {
		t.Fatalf("after the first visit: %v", first)
	}
	// It is noted to the hour: what comes within it writes nothing.
	p.advance(30 * time.Minute)
	c.get("/portal").is(200)
	c.get("/v1/portal").is(200)
	if at, want := seen(), p.after(30*time.Minute, *first); at == nil || !at.Equal(want) {
		t.Errorf("half an hour later: %v, want %v", at, want)
	}
	p.advance(31 * time.Minute)
	c.get("/v1/portal").is(200)
	if at := seen(); at == nil || !at.After(p.after(61*time.Minute, *first)) {
		t.Errorf("an hour later: %v, want later than %v", at, first)
	}
	// A visit is in nobody's way, and stays when something else about the client changes.
	second := *seen()
	o.patch("/v1/clients/"+i.ClientID, m{"name": "Acme Ltd"}).is(200)
	if at := seen(); at == nil || !at.Equal(second) {
		t.Errorf("renamed, the client was last seen at %v, want %v", at, second)
	}
}

func TestADuplicateLeadsToItsClient(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	for _, body := range []m{{"email": i.Email}, {"email": i.Email, "payer": "client"}} {
		a := o.post("/v1/invites", body)
		if want := `"existing":"` + i.ClientID + `"`; a.status != 409 || !strings.Contains(string(a.body), want) {
			t.Errorf("%v is answered %d without %s: %s", body, a.status, want, a.body)
		}
	}
	// Another agency learns nothing of it.
	solo := p.signIn(soloOwner).post("/v1/invites", m{"email": i.Email})
	solo.hides(i.ClientID)
}

func TestTheListTellsStatesApartAndCountsThem(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	gone, _ := o.linkTo(p.address("gone"), m{"name": "Gone GmbH"})
	o.post("/v1/invites/"+gone.ID+"/cancel", nil).is(200)
	i, secret := o.linkTo(p.address("ops"), m{"name": "Acme Ltd"})
	o.get("/clients").is(200).shows("All 2", "Pending 1", "Active 0", "Cancelled 1", "Not opened yet", "You pay").hides("Inactive")
	p.nobody().post("/i/"+secret, do("code", url.Values{})).is(303)
	o.get("/clients").is(200).shows("Opened", "Not accepted yet")
	o.get("/clients?status=canceled").is(200).shows("Gone GmbH", "Pending 1").hides("Acme Ltd")
	o.get("/v1/clients?reason=canceled").is(200).hides(i.ClientID)

	// The menu of a row works by links and forms alone, and leads back to the list as it was.
	p.advance(61 * time.Second)
	menu := o.get("/clients?q=acme&menu="+i.ClientID).is(200).shows("Send again", "Copy address", "Cancel invite…")
	if !strings.Contains(string(menu.body), `value="`+i.ClientID+`" data-may="s"`) {
		t.Error("the open menu has no button to send this client's invite again")
	}
	again := do("row", url.Values{"resend": {i.ClientID}, "list": {"q=acme"}})
	o.post("/clients", again).is(303).has("Location", "/clients?q=acme&done=resent")
	o.get("/clients?q=acme&done=resent").is(200).shows("Sent again. The old link no longer works.")
	o.post("/clients", again).is(429).shows("seconds before sending", "Acme Ltd")
	o.post("/clients", do("row", url.Values{"resend": {gone.ClientID}})).is(409)
	o.post("/clients", do("row", url.Values{"resend": {"cl_x"}})).is(404)
}

func TestInviteAgainBringsEverythingAlong(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	production := named(t, o.things("instances"), "Acme production")
	i := o.invite(p.address("ops"), m{"name": "Acme Ltd", "message": "Hello Dana",
		"grants": []m{{"resource": production.ID, "access": "write"}}})
	o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200)
	form := string(o.get("/clients?invite=new&again=" + i.ClientID).is(200).body)
	for _, want := range []string{`value="` + i.Email + `"`, `value="Acme Ltd"`, "Hello Dana", `value="` + production.ID + `" checked`,
		`name="access.` + production.ID + `" value="write" checked`, `value="agency" checked`} {
		if !strings.Contains(form, want) {
			t.Errorf("inviting again does not bring %s along", want)
		}
	}
}

func TestNothingSaysAskedToPayWhenNothingWasAsked(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("free"), m{"payer": "client"})
	o.get("/clients/"+i.ClientID).is(200).shows("Free portal", "They were invited to a free portal.").
		hides("asked to pay", "asked them to pay", "They pay")
	o.get("/clients").is(200).shows("Free portal").hides(">They pay<", "Waiting for payment")
}

func TestTheDialogSaysBeforehandThatNoInviteIsLeft(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for _, name := range strings.Split("abcdefghij", "") {
		o.invite(p.address(name))
	}
	o.get("/clients?invite=new").is(200).shows("You've sent 10 invites this hour. Next one in")
}
