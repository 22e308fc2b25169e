package apitest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/role"
)

// portalOn gives the caller's agency the app Client Portal.
func (c *caller) portalOn() {
	c.t.Helper()
	c.edit(c.agencyOf(), "agency", "SET portal = :now",
		map[string]types.AttributeValue{":now": &types.AttributeValueMemberN{Value: fmt.Sprint(c.now().UnixMilli())}})
}

// userRole is a role as the API answers it.
type userRole struct {
	ID, Name, Description    string
	Active, EmployeesMayGive bool
	ExpiresAt                *time.Time
	Rules                    map[string]map[string][]string
	Users                    int
	Effect                   *struct {
		Users, Losing int
		Lost          []struct {
			Module, Kind, Entry, Title string
			Users                      int
		}
	}
}

func (c *caller) role(body m) userRole {
	c.t.Helper()
	var r userRole
	c.post("/v1/roles", body).is(201).into(&r)
	return r
}

func TestPortalFL19ARoleIsMadeAndIsOffWhenNew(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.post("/v1/roles", m{"name": "Client"}).fails(404, "not_found")
	o.get("/v1/roles").fails(404, "not_found")
	o.portalOn()
	a := o.post("/v1/roles", m{"name": "  Our  clients ", "description": "For all of them."}).is(201)
	var r userRole
	a.into(&r).has("Location", "/v1/roles/"+r.ID)
	if r.Name != "Our clients" || r.Description != "For all of them." || r.Active || r.EmployeesMayGive || r.ExpiresAt != nil ||
		len(r.Rules) != 0 || r.Users != 0 {
		t.Errorf("%+v", r)
	}
	var again userRole
	tag := o.get("/v1/roles/" + r.ID).is(200).into(&again).header.Get("ETag")
	if again.Name != r.Name || tag != a.header.Get("ETag") {
		t.Errorf("%+v, %s", again, tag)
	}
	until := p.now().Add(48 * time.Hour).Truncate(time.Second)
	var changed userRole
	o.do("PATCH", "/v1/roles/"+r.ID, m{"active": true, "expiresAt": until.Format(time.RFC3339), "employeesMayGive": true,
		"rules": m{"contact": m{"fields": []string{"email", "name", "email"}, "actions": []string{"edit"}}}},
		"If-Match", tag).is(200).into(&changed)
	if !changed.Active || !changed.EmployeesMayGive || changed.ExpiresAt == nil || !changed.ExpiresAt.Equal(until) ||
		!slices.Equal(changed.Rules["contact"]["fields"], []string{"name", "email"}) || changed.Name != r.Name {
		t.Errorf("%+v", changed)
	}
	o.do("PATCH", "/v1/roles/"+r.ID, m{"name": "Mine"}, "If-Match", tag).fails(412, "changed_meanwhile")
	o.delete("/v1/roles/"+r.ID, "If-Match", tag).fails(412, "changed_meanwhile")
	o.do("PATCH", "/v1/roles/"+r.ID, m{"expiresAt": ""}).is(200).into(&changed)
	if changed.ExpiresAt != nil || !changed.Active {
		t.Errorf("%+v", changed)
	}
	var list struct{ Items []userRole }
	o.get("/v1/roles").is(200).into(&list)
	if len(list.Items) != 1 || list.Items[0].ID != r.ID {
		t.Errorf("%+v", list)
	}
	o.delete("/v1/roles/" + r.ID).is(204)
	o.get("/v1/roles/"+r.ID).fails(404, "not_found")
	o.delete("/v1/roles/"+r.ID).fails(404, "not_found")
	o.get("/v1/roles/rol_nothing").fails(404, "not_found")
	o.role(m{"name": "our clients"}) // its name is free again
	o.get("/v1/activity?action=role").is(200)
	o.get("/activity?action=role").is(200).shows("created the role", "our clients", "changed the role", "deleted the role “Our clients”")
}

func TestPortalFL20WhatARoleCannotGiveIsRefusedByName(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	for name, c := range map[string]struct {
		body  m
		field string
	}{
		"no name":                   {m{"name": " "}, "name"},
		"a name that is a link":     {m{"name": "evil.com"}, "name"},
		"a name that is too long":   {m{"name": strings.Repeat("x", 61)}, "name"},
		"an unknown module":         {m{"name": "x", "rules": m{"warehouse": m{}}}, "rules.warehouse"},
		"a module that comes later": {m{"name": "x", "rules": m{"tasks": m{"actions": []string{"comment"}}}}, "rules.tasks"},
		"an unknown field":          {m{"name": "x", "rules": m{"contact": m{"fields": []string{"name", "salary"}}}}, "rules.contact.fields[1]"},
		"the note":                  {m{"name": "x", "rules": m{"contact": m{"fields": []string{"note"}}}}, "rules.contact.fields[0]"},
		"a time that is past":       {m{"name": "x", "expiresAt": "2001-01-01T00:00:00Z"}, "expiresAt"},
		"a time that is none":       {m{"name": "x", "expiresAt": "tomorrow"}, "expiresAt"},
	} {
		if f := o.post("/v1/roles", c.body).fails(422, "invalid"); f.at(c.field) == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	// All of it at once, and nothing is made.
	f := o.post("/v1/roles", m{"name": "", "expiresAt": "never", "rules": m{"contact": m{"fields": []string{"x"}}}}).fails(422, "invalid")
	if f.at("name") == "" || f.at("expiresAt") == "" || f.at("rules.contact.fields[0]") == "" {
		t.Errorf("%+v", f)
	}
	o.post("/v1/roles", m{"name": "x", "rules": m{"contact": m{"secrets": []string{"x"}}}}).is(422)
	var list struct{ Items []userRole }
	o.get("/v1/roles").is(200).into(&list)
	if len(list.Items) != 0 {
		t.Errorf("%+v", list)
	}
	r := o.role(m{"name": "x", "rules": m{"contact": m{"fields": []string{"name"}}}})
	o.do("PATCH", "/v1/roles/"+r.ID, m{"name": "y", "rules": m{"contact": m{"fields": []string{"name", "x"}}}}).fails(422, "invalid")
	var still userRole
	o.get("/v1/roles/" + r.ID).is(200).into(&still)
	if still.Name != "x" || len(still.Rules["contact"]["fields"]) != 1 {
		t.Errorf("half of a change was made: %+v", still)
	}
}

func TestPortalANameIsTakenOnceAndTheCapHoldsUnder64Callers(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	made := func(name func(n int) string) map[int]int {
		var mu sync.Mutex
		var all sync.WaitGroup
		out := map[int]int{}
		for n := range 64 {
			all.Go(func() {
				a := o.post("/v1/roles", m{"name": name(n)})
				mu.Lock()
				defer mu.Unlock()
				out[a.status]++
			})
		}
		all.Wait()
		return out
	}
	same := []string{"Clients", "clients", "CLIENTS ", "Cli\u200bents"}
	if got := made(func(n int) string { return same[n%4] }); got[201] != 1 || got[409] != 63 {
		t.Errorf("one name: %v", got)
	}
	if f := o.post("/v1/roles", m{"name": "clientS"}).fails(409, "name_taken"); f.at("name") == "" {
		t.Errorf("%+v", f)
	}
	other := o.role(m{"name": "Others"})
	o.do("PATCH", "/v1/roles/"+other.ID, m{"name": "CLIENTS"}).fails(409, "name_taken")
	o.do("PATCH", "/v1/roles/"+other.ID, m{"name": "OTHERS"}).is(200)
	for n := range role.MaxRoles - 2 - 10 {
		o.role(m{"name": fmt.Sprint("Role ", n)})
	}
	if got := made(func(n int) string { return fmt.Sprint("More ", n) }); got[201] != 10 || got[422] != 54 {
		t.Errorf("the cap: %v", got)
	}
	o.delete("/v1/roles/" + other.ID).is(204)
	o.role(m{"name": "Room again"})
	o.post("/v1/roles", m{"name": "One too many"}).fails(422, "invalid")
}

func TestPortalAKeyMakesARoleOnce(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	var a, b userRole
	k := p.program(o.key("roles", "roles:read", "roles:write").Secret)
	k.post("/v1/roles", m{"name": "Once"}, "Idempotency-Key", "one").is(201).into(&a)
	k.post("/v1/roles", m{"name": "Once"}, "Idempotency-Key", "one").is(201).into(&b)
	if a.ID != b.ID {
		t.Errorf("%s and %s", a.ID, b.ID)
	}
	k.post("/v1/roles", m{"name": "Other"}, "Idempotency-Key", "one").fails(409, "idempotency_conflict")
	k.get("/v1/roles").is(200)
	reads := p.program(o.key("reads", "roles:read").Secret)
	reads.get("/v1/roles/" + a.ID).is(200)
	reads.post("/v1/roles", m{"name": "x"}).fails(403, "forbidden")
	reads.do(http.MethodPatch, "/v1/roles/"+a.ID, m{"active": true}).fails(403, "forbidden")
	reads.delete("/v1/roles/"+a.ID).fails(403, "forbidden")
	p.program(o.key("other", "clients:read", "clients:write").Secret).get("/v1/roles").fails(403, "forbidden")
	// Another agency finds nothing.
	s := p.signIn(soloOwner)
	s.portalOn()
	s.get("/v1/roles/"+a.ID).fails(404, "not_found")
	s.do(http.MethodPatch, "/v1/roles/"+a.ID, m{"active": true}).fails(404, "not_found")
	s.role(m{"name": "Once"})
}

// rolesJob makes the functions of roles do all that they can.
func rolesJob(p *product) {
	o := p.signIn(owner)
	o.portalOn()
	r := o.role(m{"name": "Role"})
	i := o.invite("rights@client.example")
	k := o.key("roles", "roles:read", "roles:write", "clients:read").Secret
	for _, call := range []func(c *caller){
		func(c *caller) { c.get("/v1/roles").is(200) },
		func(c *caller) { c.get("/v1/roles/" + r.ID).is(200) },
		func(c *caller) { c.get("/v1/clients/" + i.ClientID + "/rights").is(200) },
		func(c *caller) { c.get("/v1/portal-preview?client=" + i.ClientID).is(200) },
	} {
		p.advance(61 * time.Minute)
		call(p.program(k))
	}
	o.post("/v1/roles", m{"name": "Once more"}, "Idempotency-Key", "roles").is(201)
	o.do(http.MethodPatch, "/v1/roles/"+r.ID, m{"active": true, "name": "Renamed"}).is(200)
	o.edit(o.agencyOf(), "rol#"+r.ID, "SET #users = :n", map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: "1"}})
	o.do(http.MethodPatch, "/v1/roles/"+r.ID+"?dryRun=true", m{"active": false}).is(200)
	o.delete("/v1/roles/"+r.ID).fails(409, "in_use")
	o.post("/client-portal/roles/"+r.ID, do("save", url.Values{"name": {"Renamed"}, "give": {"contact.fields.name"}})).is(303)
	o.get("/client-portal/roles").is(200)
	at := o.post("/client-portal/roles", do("create", url.Values{"name": {"By form"}, "key": {"00112233445566778899aabbccddee01"}})).is(303)
	path, _, _ := strings.Cut(at.header.Get("Location"), "?")
	o.get(path).is(200)
	o.post(path, do("save", url.Values{"name": {"By a form"}, "expires": {p.now().AddDate(0, 1, 0).Format("2006-01-02T15:04")}})).is(303)
	o.post(path, do("extend", url.Values{})).is(303)
	o.post(path, do("delete", url.Values{})).is(303)
	o.get("/client-portal/see-as?client=" + i.ClientID).is(200)
	o.edit(o.agencyOf(), "rol#"+r.ID, "SET #users = :n", map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: "0"}})
	o.delete("/v1/roles/" + r.ID).is(204)
}

// TestPortalFL19AnExpiryCanBeWrittenInEveryTimeZone holds that no role gets an end with a year of five digits, typed or put off.
func TestPortalFL19AnExpiryCanBeWrittenInEveryTimeZone(t *testing.T) {
	p := start(t)
	o := p.shareOwner("far")
	for _, at := range []string{"9999-12-31T23:59:59-14:00", "9999-12-31T00:00:00Z"} {
		if f := o.post("/v1/roles", m{"name": "Far", "expiresAt": at}).fails(422, "invalid"); f.at("expiresAt") == "" {
			t.Errorf("%s: %+v", at, f)
		}
	}
	r := o.role(m{"name": "Far", "expiresAt": "9999-12-29T00:00:00Z"})
	o.post("/client-portal/roles/"+r.ID, do("extend", nil)).is(422).shows("Choose an earlier time")
	o.get("/client-portal/roles/" + r.ID).is(200).holds("9999-12-29T00:00")
}
