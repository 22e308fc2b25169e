package apitest_test

import (
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
	if at := seen(); at == nil || !at.Equal(*first) {
		t.Errorf("half an hour later: %v, want %v", at, first)
	}
	p.advance(31 * time.Minute)
	c.get("/v1/portal").is(200)
	if at := seen(); at == nil || !at.After(*first) {
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
