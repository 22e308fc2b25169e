package apitest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// held are a client's rights as the API answers them.
type held struct {
	Closed   string
	ClosedAt *time.Time
	Modules  []string
	Idle     []struct{ Role, Name, Reason string }
	Items    []struct {
		Module, Kind, Entry string
		Open                bool
		Why                 []struct {
			Role, Name, Through string
			Until               *time.Time
		}
		Would []struct{ Role, Name, Reason string }
		Until *time.Time
	}
}

// at is what is said of an entry: the names of the roles by which it is open, and of those that would open it.
func (h *held) at(kind, entry string) (by, would []string, until *time.Time) {
	for _, i := range h.Items {
		if i.Kind != kind || i.Entry != entry {
			continue
		}
		for _, w := range i.Why {
			by = append(by, w.Name)
		}
		for _, w := range i.Would {
			would = append(would, w.Name)
		}
		return by, would, i.Until
	}
	return nil, nil, nil
}

// give has a client have roles.
func (c *caller) give(to invite, all ...userRole) {
	c.t.Helper()
	var roles []types.AttributeValue
	for _, r := range all {
		roles = append(roles, &types.AttributeValueMemberS{Value: r.ID})
	}
	c.edit(c.agencyOf(), "cl#"+to.ClientID[len(to.ClientID)-16:], "SET #roles = :r",
		map[string]types.AttributeValue{":r": &types.AttributeValueMemberL{Value: roles}})
	for _, r := range all {
		c.edit(c.agencyOf(), "rol#"+r.ID, "ADD #users :n", map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: "1"}})
	}
}

func contactRules(fields ...string) m { return m{"contact": m{"fields": fields}} }

func TestPortalWhyEachThingIsOpenAndUntilWhen(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	p.accept(i.Email)
	o.get("/v1/clients/"+i.ClientID+"/rights").fails(404, "not_found")
	o.portalOn()
	soon := p.now().Add(48 * time.Hour).Truncate(time.Second)
	a := o.role(m{"name": "Clients", "active": true, "rules": contactRules("name", "phone")})
	b := o.role(m{"name": "Freelancers", "active": true, "expiresAt": soon.Format(time.RFC3339), "rules": contactRules("phone", "email")})
	c := o.role(m{"name": "Off", "rules": contactRules("address")})
	var h held
	o.get("/v1/clients/" + i.ClientID + "/rights").is(200).into(&h)
	if len(h.Modules) != 0 || len(h.Items) != 10 || h.Closed != "" {
		t.Errorf("%+v", h)
	}
	o.give(i, c, b, a)
	h = held{}
	o.get("/v1/clients/" + i.ClientID + "/rights").is(200).into(&h)
	if !slices.Equal(h.Modules, []string{"contact"}) || len(h.Idle) != 1 || h.Idle[0].Reason != "off" {
		t.Errorf("%+v", h)
	}
	for entry, want := range map[string]string{"name": "[Clients] []", "phone": "[Clients Freelancers] []", "email": "[Freelancers] []",
		"address": "[] [Off]", "tax_id": "[] []"} {
		by, would, until := h.at("fields", entry)
		if got := fmt.Sprint(by, would); got != want {
			t.Errorf("%s: %s, want %s", entry, got, want)
		}
		if (until != nil) != (entry == "email") || until != nil && !until.Equal(soon) {
			t.Errorf("%s ends at %v", entry, until)
		}
	}
	// At the very millisecond of its expiry a role is over, at the next request.
	p.advance(soon.Sub(p.now()))
	h = held{}
	o.get("/v1/clients/" + i.ClientID + "/rights").is(200).into(&h)
	if by, would, _ := h.at("fields", "email"); len(by) != 0 || !slices.Equal(would, []string{"Freelancers"}) {
		t.Errorf("%v, %v", by, would)
	}
	if by, _, _ := h.at("fields", "phone"); !slices.Equal(by, []string{"Clients"}) {
		t.Errorf("%v", by)
	}
	// Who was removed has nothing.
	o.delete("/v1/clients/" + i.ClientID).is(200)
	h = held{}
	o.get("/v1/clients/" + i.ClientID + "/rights").is(200).into(&h)
	if h.Closed != "ended" || len(h.Modules) != 0 {
		t.Errorf("%+v", h)
	}
	o.get("/v1/clients/cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE/rights").fails(404, "not_found")
	s := p.signIn(soloOwner)
	s.portalOn()
	s.get("/v1/clients/"+i.ClientID+"/rights").fails(404, "not_found")
	s.get("/v1/portal-preview?client="+i.ClientID).fails(404, "not_found")
	s.get("/v1/portal-preview?role="+a.ID).fails(404, "not_found")
}

func TestPortalLK11LookingAsAClientIsNoVisit(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	grants := []m{{"resource": named(t, o.things("instances"), "Acme production").ID, "access": "read"}}
	i := o.invite(p.address("ops"), m{"grants": grants})
	me := p.accept(i.Email)
	r := o.role(m{"name": "Clients", "active": true, "rules": contactRules("name", "phone")})
	off := o.role(m{"name": "Off", "rules": contactRules("address")})
	o.give(i, r)
	before := o.get("/v1/clients/" + i.ClientID).is(200)
	type look struct {
		Portal struct {
			Access    string
			Instances []struct{ Name string }
		}
		Rights held
	}
	var as, own look
	o.get("/v1/portal-preview?client=" + i.ClientID).is(200).into(&as)
	if len(as.Portal.Instances) != 1 || as.Portal.Access != "full" || !slices.Equal(as.Rights.Modules, []string{"contact"}) {
		t.Errorf("%+v", as)
	}
	after := o.get("/v1/clients/" + i.ClientID).is(200)
	if string(before.body) != string(after.body) {
		t.Errorf("looking left a trace:\n%s\n%s", before.body, after.body)
	}
	me.get("/v1/portal").is(200).into(&own.Portal)
	if fmt.Sprint(own.Portal) != fmt.Sprint(as.Portal) {
		t.Errorf("the client sees %+v, the preview shows %+v", own.Portal, as.Portal)
	}
	var line look
	o.get("/v1/portal-preview?role=" + r.ID + "," + off.ID).is(200).into(&line)
	if by, _, _ := line.Rights.at("fields", "phone"); !slices.Equal(by, []string{"Clients"}) || len(line.Rights.Idle) != 1 {
		t.Errorf("%+v", line)
	}
	var one look // a role that is off is looked at before it's switched on
	o.get("/v1/portal-preview?role=" + off.ID).is(200).into(&one)
	if by, _, _ := one.Rights.at("fields", "address"); !slices.Equal(by, []string{"Off"}) || len(one.Portal.Instances) != 0 {
		t.Errorf("%+v", one)
	}
	o.get("/v1/portal-preview").fails(422, "invalid")
	o.get("/v1/portal-preview?client="+i.ClientID+"&role="+r.ID).fails(422, "invalid")
	o.get("/v1/portal-preview?role=rol_nothing").fails(404, "not_found")
	o.get("/v1/portal-preview?role=" + strings.Repeat(r.ID+",", 10) + r.ID).is(422)
	// Somebody who is invited is shown what it will get.
	j := o.invite(p.address("next"), m{"grants": grants})
	var next look
	o.get("/v1/portal-preview?client=" + j.ClientID).is(200).into(&next)
	if len(next.Portal.Instances) != 1 {
		t.Errorf("%+v", next)
	}
	me.get("/v1/portal-preview?client="+i.ClientID).fails(403, "forbidden") // LK19: what is given to a client opens nothing of the team's
	me.get("/v1/clients/"+i.ClientID+"/rights").fails(403, "forbidden")
	me.get("/v1/roles").fails(403, "forbidden")
	p.nobody().get("/v1/roles").fails(401, "unauthenticated") // LK1
}

func TestPortalLK17WhatAChangeTakesIsSaidBeforeItIsMade(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	r := o.role(m{"name": "Clients", "active": true, "rules": contactRules("name", "phone")})
	other := o.role(m{"name": "Others", "active": true, "rules": contactRules("name")})
	for n := range 3 {
		i := o.invite(p.address(fmt.Sprint("ops", n)))
		p.accept(i.Email)
		if n == 0 {
			o.give(i, r, other)
		} else {
			o.give(i, r)
		}
	}
	lost := func(body m) string {
		var tried userRole
		o.do("PATCH", "/v1/roles/"+r.ID+"?dryRun=true", body).is(200).into(&tried)
		if tried.Effect == nil {
			t.Fatalf("%v: no effect", body)
		}
		out := fmt.Sprint(tried.Effect.Users, " ", tried.Effect.Losing)
		for _, l := range tried.Effect.Lost {
			out += fmt.Sprint(" ", l.Entry, ":", l.Users)
		}
		return out
	}
	for _, c := range []struct {
		body m
		want string
	}{
		{m{"active": false}, "3 3 name:2 phone:3"},
		{m{"expiresAt": p.now().Add(time.Hour).Format(time.RFC3339)}, "3 3 name:2 phone:3"},
		{m{"rules": contactRules("phone")}, "3 2 name:2"},
		{m{"rules": contactRules("name", "phone", "email")}, "3 0"},
		{m{"name": "Renamed"}, "3 0"},
	} {
		if got := lost(c.body); got != c.want {
			t.Errorf("%v: %s, want %s", c.body, got, c.want)
		}
	}
	o.do("PATCH", "/v1/roles/"+r.ID+"?dryRun=true", m{"name": "OTHERS"}).fails(409, "name_taken")
	var still userRole
	o.get("/v1/roles/" + r.ID).is(200).into(&still)
	if !still.Active || still.ExpiresAt != nil || still.Name != "Clients" {
		t.Errorf("trying changed it: %+v", still)
	}
	f := o.delete("/v1/roles/"+r.ID).fails(409, "in_use")
	if !strings.Contains(f.Detail, "3 users") {
		t.Errorf("LK18: %s", f.Detail)
	}
	o.do("PATCH", "/v1/roles/"+r.ID, m{"active": false}).is(200)
	o.get("/v1/roles/" + r.ID).is(200).into(&still)
	if still.Active || still.Users != 3 {
		t.Errorf("a change touched who has it: %+v", still)
	}
}
