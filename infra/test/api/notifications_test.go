package apitest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

type notification struct {
	Kind, Title string
	Enabled     bool
}

func (c *caller) notifications() map[string]bool {
	c.t.Helper()
	var list struct{ Items []notification }
	c.get("/v1/notification-settings").is(200).into(&list)
	out := map[string]bool{}
	for _, n := range list.Items {
		if n.Title == "" {
			c.t.Errorf("%s has no title", n.Kind)
		}
		out[n.Kind] = n.Enabled
	}
	return out
}

func TestX29NotificationsAreSwitchedByTheAPI(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	kinds := []string{"invite_accepted", "invite_declined", "address_proposed", "new_link_requested", "invite_expired",
		"invite_bounced", "invite_failed", "payment_received", "payment_failed", "payer_requested",
		"payer_agreed", "payer_declined", "payer_changed", "payer_failed", "joined_by_link", "join_requested", "access_ending", "access_ended",
		"nothing_open", "role_expiring", "webhook_failing", "webhook_disabled"}
	for _, kind := range kinds {
		if !o.notifications()[kind] {
			t.Errorf("%s is off", kind)
		}
	}
	var changed struct{ Items []notification }
	o.do("PATCH", "/v1/notification-settings", m{"items": []m{{"kind": "invite_expired", "enabled": false}}}).is(200).into(&changed)
	if len(changed.Items) != len(kinds) || o.notifications()["invite_expired"] || !o.notifications()["invite_accepted"] {
		t.Errorf("%+v", changed)
	}
	news := m{"items": []m{{"kind": "news", "enabled": true}}}
	if f := o.do("PATCH", "/v1/notification-settings", news).fails(422, "invalid"); f.at("items") == "" {
		t.Errorf("%+v", f)
	}
	for _, body := range []m{{}, {"items": []m{}}, {"items": []m{{"kind": "invite_expired"}}}} {
		o.do("PATCH", "/v1/notification-settings", body).fails(422, "invalid")
	}
	// They are each person's own.
	_, dana := o.hire(p.address("dana"), "admin")
	if !dana.notifications()["invite_expired"] {
		t.Error("another's choice counts for Dana")
	}
	k := o.key("all", "agency:read", "agency:write")
	p.program(k.Secret).get("/v1/notification-settings").fails(403, "forbidden")
	p.nobody().get("/v1/notification-settings").fails(401, "unauthenticated")
	p.signIn(p.address("client")).do("PATCH", "/v1/notification-settings", m{"items": []m{{"kind": "invite_expired", "enabled": true}}}).
		fails(403, "forbidden")
}

func TestX29NotificationsByThePage(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	armoured(t, o.get("/settings/notifications").is(200).shows("Notifications", "Invitation accepted", "Payment failed", owner))
	kinds := []string{"invite_accepted", "invite_declined", "payment_failed"}
	o.post("/settings/notifications", do("save", url.Values{"kind": kinds, "on": {"invite_declined"}})).is(303).
		has("Location", "/settings/notifications?done=saved")
	o.get("/settings/notifications?done=saved").is(200).shows("Notifications saved.")
	now := o.notifications()
	if now["invite_accepted"] || !now["invite_declined"] || now["payment_failed"] || !now["invite_bounced"] {
		t.Errorf("%v", now)
	}
	o.post("/settings/notifications", do("save", url.Values{"kind": {"news"}})).is(422).shows("There is no notification “news”.")
	o.get("/settings").is(200).shows("Notifications")
}

// TestFD8DecliningIsToldToWhoeverInvited is what the page promises that says so.
func TestFD8DecliningIsToldToWhoeverInvited(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("ops")
	i := o.invite(to, m{"name": "Acme Ltd"})
	secret := p.nextToken(to)
	p.skipMails(owner)
	p.nobody().post("/v1/invitations/"+secret+"/decline", m{"reason": "Not this year."}).is(204)
	for range 4 {
		p.advance(90 * time.Second)
	}
	got := p.nextAbout(owner, "declined")
	if got.Subject != "Acme Ltd declined your invitation" || !strings.Contains(got.Text, "Not this year.") ||
		len(got.Links) != 2 || !strings.Contains(got.Links[1], "/unsubscribe/lku_") ||
		!strings.HasSuffix(got.Links[0], "/clients/"+i.ClientID) {
		t.Errorf("the mail is %q with %v:\n%s", got.Subject, got.Links, got.Text)
	}
	o.get("/clients/" + i.ClientID).is(200)
}

// TestPortalLK15WhoeverIsDeniedIsToldOfNoClientAnyMore takes the right of somebody away who has invited: between what has happened and
// the mail of it, and before another thing happens.
func TestPortalLK15WhoeverIsDeniedIsToldOfNoClientAnyMore(t *testing.T) {
	p := start(t)
	o := p.shareOwner("lk15")
	boss := p.address("lk15")
	who, dana := o.hire(p.address("lk15-dana"), "admin")
	declines := func(name string) string {
		t.Helper()
		to := p.address(name)
		dana.invite(to, m{"name": name})
		return p.nextToken(to)
	}
	first, second := declines("First"), declines("Second")
	p.skipMails(boss)
	p.nobody().post("/v1/invitations/"+first+"/decline", m{"reason": "Not this year."}).is(204)
	p.advance(90 * time.Second)
	o.patch("/v1/members/"+who.ID, m{"portalRight": "denied"}).is(200)
	p.nobody().post("/v1/invitations/"+second+"/decline", m{"reason": "Nor the next."}).is(204)
	for range 6 {
		p.advance(90 * time.Second)
	}
	if got := p.nextAbout(boss, "Second"); !strings.Contains(got.Text, "Nor the next.") {
		t.Errorf("the owner is told %q", got.Subject)
	}
	for _, x := range p.mails(p.address("lk15-dana")) {
		if strings.Contains(x.Subject+x.Text, "First") || strings.Contains(x.Subject+x.Text, "Second") {
			t.Errorf("who is denied reads %q:\n%s", x.Subject, x.Text)
		}
	}
}

// TestFD6AFreeAgencyAddsOnePersonThreeTimesADay is the attack of the row.
func TestFD6AFreeAgencyAddsOnePersonThreeTimesADay(t *testing.T) {
	p := start(t)
	o, _ := p.signUp(p.address("founder"), "PayPal Support Team")
	victim := p.address("victim")
	for range 3 {
		who := o.add(victim, "admin")
		mail := p.nextMail(victim)
		if strings.Contains(mail.Subject+mail.From, "PayPal") || !strings.Contains(mail.Text, "PayPal Support Team") {
			t.Errorf("from %q: %q", mail.From, mail.Subject)
		}
		o.delete("/v1/members/" + who.ID).is(204)
	}
	a := o.post("/v1/members", m{"email": victim, "level": "admin"})
	f := a.fails(429, "rate_limited")
	if a.header.Get("Retry-After") == "" || !strings.Contains(f.Detail, "24 hours") {
		t.Errorf("%q, Retry-After %q", f.Detail, a.header.Get("Retry-After"))
	}
	o.post("/settings/members", url.Values{"do": {"add"}, "email": {victim}, "level": {"admin"}}).is(429).shows("three times today")
	for n := range 7 {
		o.add(p.address(fmt.Sprint("p", n)), "admin")
	}
	o.post("/v1/members", m{"email": p.address("eleventh"), "level": "admin"}).fails(429, "rate_limited")
	o.get("/settings").is(200).shows("Until your first paid plan, your emails come from Latchkey", "looks like “PayPal”")
	if n := len(p.mails(victim)); n != 3 {
		t.Errorf("%d mails", n)
	}
}
