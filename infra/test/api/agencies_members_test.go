package apitest_test

import (
	"image/color"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

type colleague struct{ ID, Email, Name, Level, PortalRight string }

func (c *caller) colleagues() []colleague {
	c.t.Helper()
	var list struct{ Items []colleague }
	c.get("/v1/members").is(200).into(&list)
	return list.Items
}

func (c *caller) add(address, role string) colleague {
	c.t.Helper()
	var who colleague
	a := c.post("/v1/members", m{"email": address, "level": role}).is(201).into(&who)
	a.has("Location", "/v1/members/"+who.ID)
	return who
}

// hire adds somebody, who has read the mail and is signed in.
func (c *caller) hire(address, role string) (colleague, *caller) {
	c.t.Helper()
	who := c.add(address, role)
	c.nextMail(address)
	return who, c.signIn(address)
}

func TestANewMemberIsToldAndSignsIn(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("dana")
	var who colleague
	once := []string{"Idempotency-Key", "dana"}
	o.post("/v1/members", m{"email": "Dana Reyes <" + to + ">", "level": "admin"}, once...).is(201).into(&who)
	o.post("/v1/members", m{"email": "Dana Reyes <" + to + ">", "level": "admin"}, once...).is(201)
	o.post("/v1/members", m{"email": to, "level": "owner"}, once...).fails(409, "idempotency_conflict")
	if who.Email != to || who.Name != "Dana Reyes" || who.Level != "admin" {
		t.Errorf("the member is %+v", who)
	}
	mail := p.nextMail(to)
	if mail.Subject != "You've been added to Northwind Automations on Latchkey" || len(mail.Links) != 1 ||
		!strings.HasSuffix(mail.Links[0], "/sign-in") {
		t.Errorf("the mail is %q with %v", mail.Subject, mail.Links)
	}
	if n := len(p.mails(to)); n != 1 {
		t.Errorf("%d mails", n)
	}
	dana := p.signIn(to)
	dana.get("/v1/clients").is(200)
	dana.invite(p.address("ops"))
	if f := o.post("/v1/members", m{"email": strings.ToUpper(to), "level": "admin"}).fails(409, "already_member"); f.at("email") == "" {
		t.Errorf("%+v", f)
	}
	for field, body := range map[string]m{"email": {"email": "x", "level": "admin"}, "level": {"email": p.address("x"), "level": "king"},
		"name": {"email": p.address("x"), "level": "admin", "name": "a\nb"}} {
		if f := o.post("/v1/members", body).fails(422, "invalid"); f.at(field) == "" {
			t.Errorf("%v: %+v", body, f)
		}
	}
}

func TestAWelcomeThatSESHoldsUpStillComes(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.add("dana@throttle.example", "admin")
	p.advance(3 * time.Minute)
	p.nextMail("dana@throttle.example")
	p.advance(10 * time.Minute)
	if n := len(p.mails("dana@throttle.example")); n != 1 {
		t.Errorf("%d mails", n)
	}
	// A refusal for good is given up, and the member stays.
	o.add("dana@reject.example", "admin")
	p.advance(10 * time.Minute)
	if n := len(o.colleagues()); n != 3 {
		t.Errorf("%d members", n)
	}
}

func TestOnlyOwnersManageThePeopleAndTheBrand(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	me := o.colleagues()[0].ID
	to := p.address("dana")
	dana, d := o.hire(to, "admin")
	k := d.key("brand", "agency:read", "agency:write")
	for _, a := range []*answer{
		d.post("/v1/members", m{"email": p.address("x"), "level": "admin"}), d.do("PATCH", "/v1/members/"+dana.ID, m{"level": "owner"}), d.delete("/v1/members/" + me),
		d.do("PATCH", "/v1/agency/branding", m{"name": "Mine"}), d.do("PUT", "/v1/agency/logo", raw("x"), "Content-Type", "image/png"), d.do("DELETE", "/v1/agency", m{"name": "Northwind Automations"}),
		p.program(k.Secret).do("PATCH", "/v1/agency/branding", m{"name": "Mine"}), // nobody grants above the own rights
	} {
		a.fails(403, "forbidden")
	}
	p.program(k.Secret).post("/v1/members", m{"email": p.address("x"), "level": "admin"}).fails(403, "step_up_required")
	p.program(k.Secret).do("DELETE", "/v1/agency", m{"name": "x"}).fails(403, "step_up_required")
	p.program(k.Secret).get("/v1/agency").is(200)
	p.program(k.Secret).get("/v1/members").is(200)
	d.get("/settings").is(200).shows("Only owners can change the branding.").hides("Save branding")
	d.get("/settings/members").is(200).shows("Only owners can add and remove members.").hides("Add member")
	d.get("/settings/agency").is(200).hides("Danger zone")
	d.post("/settings/members",
		url.Values{"do": {"change"}, "member": {dana.ID}, "level": {"owner"}}).is(403).shows("Only owners can do this.")

	// An agency keeps an owner.
	o.do("PATCH", "/v1/members/"+me, m{"level": "admin"}).fails(409, "last_owner")
	o.delete("/v1/members/"+me).fails(409, "last_owner")
	o.do("PATCH", "/v1/members/"+dana.ID, m{"level": "owner", "name": "Dana"}).is(200)
	p.program(k.Secret).do("PATCH", "/v1/agency/branding", m{"name": "Ours"}).is(200) // her key rests on her rights
	d.do("PATCH", "/v1/members/"+me, m{"level": "admin"}).is(200)
	o.do("PATCH", "/v1/members/"+dana.ID, m{"level": "admin"}).fails(403, "forbidden")
	d.do("PATCH", "/v1/members/"+me, m{"level": "emperor"}).fails(422, "invalid")
	for _, id := range []string{"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "x"} {
		d.do("PATCH", "/v1/members/"+id, m{"level": "admin"}).fails(404, "not_found")
		d.delete("/v1/members/"+id).fails(404, "not_found")
	}
	p.signIn(soloOwner).delete("/v1/members/"+dana.ID).fails(404, "not_found")
	for _, a := range []*answer{p.nobody().get("/v1/members"), p.nobody().post("/v1/members", m{"email": to, "level": "admin"}), p.nobody().delete("/v1/members/" + me), p.nobody().do("PATCH", "/v1/members/"+me, m{}),
		p.nobody().get("/v1/agency"), p.nobody().do("PATCH", "/v1/agency/branding", m{}), p.nobody().do("PUT", "/v1/agency/logo", raw("x")),
		p.nobody().do("DELETE", "/v1/agency", m{"name": "x"})} {
		a.fails(401, "unauthenticated")
	}
	client := p.signIn(p.address("client"))
	for _, a := range []*answer{client.get("/v1/members"), client.get("/v1/agency")} {
		a.fails(403, "forbidden")
	}
}

func TestTwoOwnersWhoRemoveEachOtherLeaveOne(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	me := o.colleagues()[0].ID
	to := p.address("dana")
	dana, d := o.hire(to, "owner")
	var both sync.WaitGroup
	var one, other *answer
	both.Go(func() { one = o.delete("/v1/members/" + dana.ID) })
	both.Go(func() { other = d.delete("/v1/members/" + me) })
	both.Wait()
	if (one.status == 204) == (other.status == 204) {
		t.Errorf("%d and %d", one.status, other.status)
	}
}

func TestWhoeverIsRemovedIsOutAtOnce(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("dana")
	dana, d := o.hire(to, "admin")
	k, ours := d.key("hers", "clients:read"), o.key("ours", "clients:read")
	i := d.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	client := p.signIn(i.Email)

	o.delete("/v1/members/" + dana.ID).is(204)
	d.get("/v1/clients").fails(403, "forbidden")
	d.get("/clients").is(403).shows("You don't work at this agency any more.")
	d.get("/agencies").is(200).shows("You don't work at an agency yet")
	d.post("/v1/api-keys", m{"name": "late", "scopes": []string{"clients:read"}}).fails(403, "forbidden")
	p.program(k.Secret).get("/v1/clients").fails(401, "unauthenticated")
	p.program(ours.Secret).get("/v1/clients").is(200)
	// The invites that she had out are dead, whichever way one looks.
	client.get("/v1/invitations/"+secret).fails(410, "invitation_gone")
	client.get("/i/" + secret).is(410)
	client.post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_gone")
	o.delete("/v1/members/"+dana.ID).fails(404, "not_found")
	// She can be added again, and is somebody new then.
	if again := o.add(to, "admin"); again.ID == dana.ID {
		t.Error("the same id was used again")
	}
	d.get("/v1/clients").fails(403, "forbidden")
	p.program(k.Secret).get("/v1/clients").fails(401, "unauthenticated")
}

// TestNoKeyOutlivesItsMaker makes keys in the moment in which their maker is removed.
func TestNoKeyOutlivesItsMaker(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("dana")
	dana, d := o.hire(to, "admin")
	var all sync.WaitGroup
	var mu sync.Mutex
	var made []string
	for range 8 {
		all.Go(func() {
			a := d.post("/v1/api-keys", m{"name": "quick", "scopes": []string{"clients:read"}})
			if a.status == 201 {
				var k key
				a.into(&k)
				mu.Lock()
				made = append(made, k.Secret)
				mu.Unlock()
			}
		})
	}
	all.Go(func() { o.delete("/v1/members/" + dana.ID).is(204) })
	all.Wait()
	for _, secret := range made {
		p.program(secret).get("/v1/clients").fails(401, "unauthenticated")
	}
}

func TestMembersByThePage(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("dana")
	armoured(t, o.get("/settings/members").is(200).shows("Members", "Owner", "(you)", "Add a member"))
	o.post("/settings/members",
		url.Values{"do": {"add"}, "email": {"dana"}, "name": {"Dana"}, "level": {"owner"}}).is(422).shows("Enter a valid email address.")
	o.post("/settings/members", url.Values{"do": {"add"}, "email": {to}, "name": {"Dana"}, "level": {"admin"}}).is(303).has("Location",
		"/settings/members?done=added")
	o.post("/settings/members", url.Values{"do": {"add"}, "email": {to}, "level": {"admin"}}).is(409).
		shows("This person already works at your agency.")
	list := o.get("/settings/members?done=added").is(200).shows("Member added.", "Dana", to)
	id := string(regexp.MustCompile(`remove=(mb_[0-9A-Z]+)"[^>]*>Remove`).FindSubmatch(list.body)[1])
	o.post("/settings/members", url.Values{"do": {"change"}, "member": {id}, "level": {"owner"}}).is(303)
	o.post("/settings/members", url.Values{"do": {"change"}, "member": {id}, "level": {"admin"}}).is(303)
	armoured(t, o.get("/settings/members?remove="+id).is(200).shows("Remove Dana?", "Cancel"))
	o.post("/settings/members", url.Values{"do": {"remove"}, "member": {id}}).is(303).has("Location", "/settings/members?done=removed")
	o.get("/settings/members?done=removed").is(200).shows("Member removed.").hides(to)
	o.post("/settings/members", url.Values{"do": {"remove"}, "member": {id}}).is(404).shows("There's no such member.")
	o.post("/settings/members", url.Values{}).is(400)

	// Whoever leaves is asked too, and ends up where it can choose.
	other := p.address("other")
	_, x := o.hire(other, "admin")
	me := string(regexp.MustCompile(`remove=(mb_[0-9A-Z]+)"[^>]*>Leave`).FindSubmatch(x.get("/settings/members").is(200).body)[1])
	x.get("/settings/members?remove=" + me).is(200).shows("Leave this agency?")
	x.post("/settings/members", url.Values{"do": {"remove"}, "member": {me}}).is(303).has("Location", "/agencies?done=left")
	x.get("/agencies?done=left").is(200).shows("You've left the agency.")
}

func TestAnAgencysBusinessIsNotDoneFromOtherSites(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	large := raw(`{"name":"` + strings.Repeat("x", 256<<10) + `"}`)
	for _, x := range []struct{ method, path string }{
		{"POST", "/v1/agencies"}, {"PATCH", "/v1/agency/branding"}, {"DELETE", "/v1/agency"}, {"POST", "/v1/members"}, {"PATCH", "/v1/members/mb_x"},
		{"PUT", "/v1/agency/logo"}, {"DELETE", "/v1/members/mb_x"},
	} {
		o.do(x.method, x.path, m{}, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
		if x.path != "/v1/agency/logo" && (x.method != "DELETE" || x.path == "/v1/agency") {
			o.do(x.method, x.path, large).fails(413, "too_large")
		}
	}
	for _, path := range []string{"/sign-up", "/agencies", "/settings", "/settings/members", "/settings/keys", "/settings/agency"} {
		o.post(path, nil, "Sec-Fetch-Site", "cross-site").is(403).shows("This came from another site")
	}
}

func TestALogoIsNoOtherThanTheOneThatWasSeen(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	logo := func(file string) *answer {
		return o.do("PUT", "/v1/agency/logo", raw(file), "If-Match", `"99"`, "Content-Type", "image/png")
	}
	logo("x").fails(422, "invalid") // the picture comes first
	logo(string(picture(4, 4, color.White))).fails(412, "changed_meanwhile")
}
