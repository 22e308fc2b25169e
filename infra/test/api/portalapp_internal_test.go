package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/id"
)

// portalAgency is an agency on Max that has installed Client Portal.
func (p *product) portalAgency(name string) (*caller, ownAgency) {
	p.t.Helper()
	o, made := p.signUp(p.address(name), name+" "+p.run)
	p.onMax(made.ID)
	o.put("/v1/portal-app", nil).is(200)
	return o, made
}

// TestFL18AnExternalUserBecomesAnInternalOne walks a client into the office: its session stays, what was open to it is closed, and it
// does not come back.
func TestFL18AnExternalUserBecomesAnInternalOne(t *testing.T) {
	p := start(t)
	o, _ := p.portalAgency("fl18")
	to := p.address("fl18-client")
	i := o.invite(to, m{"name": "Acme Ltd"})
	path := "/v1/clients/" + i.ClientID + "/make-internal"
	o.post(path, nil).fails(409, "not_active") // not before it has accepted
	guest := p.accept(to)
	guest.get("/v1/portal").is(200)
	guest.get("/v1/home").fails(403, "forbidden")
	_, boss := o.hire(p.address("fl18-admin"), "admin")
	boss.post(path, nil).fails(403, "forbidden")
	p.nobody().post(path, nil).fails(401, "unauthenticated")
	o.post("/v1/clients/cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE/make-internal", nil).fails(404, "not_found")

	p.skipMails(to)
	var who colleague
	o.post(path, nil).is(201).into(&who).has("Location", "/v1/members/"+who.ID)
	if who.Email != to || who.Name != "Acme Ltd" || who.Level != "employee" || who.PortalRight != "denied" {
		t.Errorf("the member is %+v", who)
	}
	if len(o.colleagues()) != 3 {
		t.Errorf("the members are %+v", o.colleagues())
	}
	p.nextMail(to) // the person is told
	guest.get("/v1/home").is(200)
	guest.get("/").is(303).has("Location", "/home")
	guest.get("/home").is(200).hides(`href="/clients"`, `href="/marketplace"`, `href="/activity"`, `href="/settings"`)
	guest.get("/v1/clients").fails(404, "not_found")
	guest.get("/v1/portal").is(404)
	var c struct{ Status, Reason, EndedBy string }
	o.get("/v1/clients/" + i.ClientID).is(200).into(&c)
	if c.Status != "inactive" || c.Reason != "promoted" || c.EndedBy != "agency" {
		t.Errorf("the client is %+v", c)
	}
	o.post(path, nil).fails(409, "already_member")
	found := false
	for _, e := range o.activity("") {
		found = found || e.Action == "client.promoted" && e.Subject.ID == i.ClientID
	}
	if !found {
		t.Error("the log does not tell of it")
	}

	// The way back is another invite, with nothing of what was.
	o.delete("/v1/members/" + who.ID).is(204)
	guest.get("/v1/home").fails(403, "forbidden")
	o.invite(to)
	p.accept(to)
	o.get("/v1/clients/" + i.ClientID).is(200).into(&c)
	if c.Status != "active" {
		t.Errorf("invited anew: %+v", c)
	}
}

// TestFL18TheButtonIsOnTheClientsPage: an owner presses it there, and nobody else sees it.
func TestFL18TheButtonIsOnTheClientsPage(t *testing.T) {
	p := start(t)
	o, _ := p.portalAgency("fl18page")
	to := p.address("fl18-page")
	i := o.invite(to)
	path := "/clients/" + i.ClientID
	o.get(path).is(200).hides(`value="internal"`)
	p.accept(to)
	_, d := o.hire(p.address("fl18-page-admin"), "admin")
	d.get(path).is(200).hides(`value="internal"`)
	d.post(path, do("internal", url.Values{})).is(403)
	o.get(path+"?internal=ask").is(200).shows("an internal user?", "They stay signed in.")
	o.post(path, do("internal", url.Values{})).is(303).has("Location", "/settings/members?done=internal")
	o.get("/settings/members?done=internal").is(200).shows("They are an internal user now.", to, "Employee")
	o.post(path, do("internal", url.Values{})).is(409).shows("already works at")

	// An employee leaves from its own settings.
	e := p.signIn(to)
	e.get("/settings/notifications").is(200).shows("Leave agency").hides(`href="/settings/members"`)
	for _, x := range o.colleagues() {
		if x.Email == to {
			e.post("/settings/members", do("remove", url.Values{"member": {x.ID}})).is(303).has("Location", "/agencies?done=left")
		}
	}
	if len(o.colleagues()) != 2 {
		t.Errorf("who works there: %+v", o.colleagues())
	}
}

// TestFL18TheSameIsMadeInternalOnce has an owner ask for it many times at once.
func TestFL18TheSameIsMadeInternalOnce(t *testing.T) {
	p := start(t)
	o, _ := p.portalAgency("fl18once")
	to := p.address("fl18-once")
	i := o.invite(to)
	p.accept(to)
	answers := make([]*answer, 64)
	var all sync.WaitGroup
	for n := range answers {
		all.Go(func() { answers[n] = o.post("/v1/clients/"+i.ClientID+"/make-internal", nil) })
	}
	all.Wait()
	made := 0
	for _, a := range answers {
		switch a.status {
		case http.StatusCreated:
			made++
		case http.StatusConflict, http.StatusServiceUnavailable:
		default:
			t.Errorf("one was answered %d: %s", a.status, a.body)
		}
	}
	if n := len(o.colleagues()); made != 1 || n != 2 {
		t.Errorf("%d were answered with a member, and there are %d", made, n)
	}
}

// people puts so many members more at the agency.
func (p *product) people(at string, n int) {
	p.t.Helper()
	db := dynamodb.NewFromConfig(p.aws())
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	for range n {
		which := string(id.New[id.Member](id.MemberPrefix, p.now()))
		if _, err := db.PutItem(p.t.Context(), &dynamodb.PutItemInput{TableName: &p.place.Table, Item: map[string]types.AttributeValue{
			"pk": text(at), "sk": text("mb#" + which), "email": text(which + "@people.example"), "level": text("admin")}}); err != nil {
			p.t.Fatal(err)
		}
	}
}

// TestFL18AnAgencyHasNoMorePeopleThanItMay: the last place is taken, and the client stays what it is.
func TestFL18AnAgencyHasNoMorePeopleThanItMay(t *testing.T) {
	p := start(t)
	o, made := p.portalAgency("fl18full")
	to := p.address("fl18-full")
	i := o.invite(to)
	p.accept(to)
	p.people(made.ID, agency.MaxMembers-1)
	o.post("/v1/clients/"+i.ClientID+"/make-internal", nil).fails(409, "limit_reached")
	var c struct{ Status string }
	o.get("/v1/clients/" + i.ClientID).is(200).into(&c)
	if c.Status != "active" {
		t.Errorf("the client is %+v", c)
	}
}

// TestPortalM5OwnersAreAdministratorsAlways: nobody can deny an owner, itself included, so that an administrator is left.
func TestPortalM5OwnersAreAdministratorsAlways(t *testing.T) {
	p := start(t)
	o, _ := p.portalAgency("m5")
	me := o.colleagues()[0]
	if f := o.patch("/v1/members/"+me.ID, m{"portalRight": "denied"}).fails(422, "invalid"); f.at("portalRight") == "" {
		t.Errorf("an owner denies itself: %+v", f)
	}
	o.post("/v1/members", m{"email": p.address("m5-x"), "level": "owner", "portalRight": "employee"}).fails(422, "invalid")
	dana, d := o.hire(p.address("m5-dana"), "admin")
	if dana.PortalRight != "administrator" {
		t.Errorf("an admin begins as %+v", dana)
	}
	form := func(member, right string) url.Values {
		return do("right", url.Values{"member": {member}, "portalRight": {right}})
	}
	d.post("/marketplace", form(me.ID, "denied")).is(422).shows("An owner is always an administrator")
	d.post("/marketplace", form(dana.ID, "king")).is(422).shows("Choose administrator, employee or denied.")
	d.post("/marketplace", form(dana.ID, "denied")).is(303) // the owner is left
	d.get("/marketplace").is(404)
	d.post("/marketplace", form(dana.ID, "administrator")).is(404)
	d.get("/v1/portal-app").fails(404, "not_found")
	d.get("/v1/instances").is(200)
	o.patch("/v1/members/"+dana.ID, m{"level": "owner"}).is(200).into(&dana)
	if dana.PortalRight != "administrator" {
		t.Errorf("made an owner: %+v", dana)
	}
	o.get("/settings/members").is(200).shows("Owner")
}

// TestPortalM3M4WhatEmployeesHaveSentStays: an employee invites while the agency lets it, and only so; what it has sent stays valid
// when the setting is switched off, and dies with its place.
func TestPortalM3M4WhatEmployeesHaveSentStays(t *testing.T) {
	p := start(t)
	o, _ := p.portalAgency("m3")
	e, c := o.hire(p.address("m3-employee"), "employee")
	first, second, third := p.address("m3-first"), p.address("m3-second"), p.address("m3-third")
	c.post("/v1/invites", m{"email": first}).fails(403, "forbidden")
	c.get("/clients").is(200).hides("invite=new")
	o.patch("/v1/portal-app", m{"employeesInvite": true}).is(200)
	c.get("/clients").is(200).holds("invite=new")
	c.post("/v1/invites", m{"email": first, "payer": "client", "order": m{"whatsapp": true}}).fails(403, "forbidden")
	c.post("/v1/invites", m{"email": first, "grants": []m{{"resource": "ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "access": "read"}}}).
		fails(403, "forbidden")
	i := c.invite(first)
	p.nextMail(first)
	c.post("/clients", do("send", url.Values{"email": {second}, "payer": {"agency"}})).is(303)
	owned := o.invite(third)

	// Its own ones, and no others.
	for _, path := range []string{"/resend", "/cancel"} {
		c.post("/v1/invites/"+owned.ID+path, nil).fails(403, "forbidden")
	}
	c.get("/clients/"+owned.ClientID).is(200).
		hides(`value="resend"`, `value="cancel"`, `value="remove"`, `value="rename"`, `value="access"`)
	c.get("/clients/" + i.ClientID).is(200).holds(`value="cancel"`)

	// Between the form and its sending the setting is switched off.
	o.patch("/v1/portal-app", m{"employeesInvite": false}).is(200)
	for _, a := range []*answer{c.post("/v1/invites", m{"email": p.address("m3-late")}),
		c.post("/clients", do("send", url.Values{"email": {p.address("m3-late")}, "payer": {"agency"}})),
		c.post("/v1/invites/"+i.ID+"/cancel", nil)} {
		a.is(403)
	}
	if len(p.mails(p.address("m3-late"))) > 0 {
		t.Error("an invite was sent all the same")
	}
	p.accept(second) // what is out stays valid

	// With its place it dies.
	o.delete("/v1/members/" + e.ID).is(204)
	secret := token(t, p.mails(first)[0])
	if a := p.nobody().get("/v1/invitations/" + secret); a.status != 410 {
		t.Errorf("the invite of somebody who is gone is answered %d: %s", a.status, a.body)
	}
	if !strings.Contains(p.nobody().get("/i/"+secret).text(), "link") {
		t.Error("the page of a dead link says nothing of it")
	}
}

// TestPortalM2AKeyHasItsMakersLevel: a key made by an admin does what an employee may once its maker is one.
func TestPortalM2AKeyHasItsMakersLevel(t *testing.T) {
	p := start(t)
	o, _ := p.portalAgency("m2")
	d, c := o.hire(p.address("m2-dana"), "admin")
	k := c.key("m2 "+p.run, "clients:read", "invites:write", "agency:read", "roles:write")
	by := p.program(k.Secret)
	by.get("/v1/agency").is(200)
	o.patch("/v1/members/"+d.ID, m{"level": "employee"}).is(200)
	by.get("/v1/clients").is(200)
	by.get("/v1/agency").fails(403, "forbidden")
	by.post("/v1/invites", m{"email": p.address("m2-x")}).fails(403, "forbidden")
	by.delete("/v1/portal-app").fails(403, "forbidden")
	c.post("/v1/api-keys", m{"name": "another", "scopes": []string{"clients:read"}}).fails(403, "forbidden")
	o.patch("/v1/members/"+d.ID, m{"portalRight": "denied"}).is(200)
	by.get("/v1/clients").fails(404, "not_found")
	o.patch("/v1/members/"+d.ID, m{"portalRight": "administrator"}).is(200)
	by.get("/v1/clients").is(200)
	by.patch("/v1/portal-app", m{"employeesInvite": true}).is(200)
	by.delete("/v1/portal-app").fails(403, "forbidden") // installing is the office's
}
