package apitest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/infra/run/local"
)

// noted is an operation of Client Portal that changes something, and the rows of the log that it leaves.
type noted struct {
	operation string
	do        func(s *scene)
	rows      []string
}

// scene is what an agency has of Client Portal while one operation after the other is called.
type scene struct {
	*product
	o                         *caller
	role, client, batch, hash string
}

// made is the id of what an operation has made.
func (s *scene) made(a *answer) string {
	s.t.Helper()
	var x struct{ ID string }
	a.is(http.StatusCreated).into(&x)
	return x.ID
}

// wish changes what the client has.
func (s *scene) wish(of m) { s.t.Helper(); s.o.patch("/v1/clients/"+s.client, of).is(http.StatusOK) }

// changes are the operations, in an order in which each finds what it needs.
var changes = []noted{
	{"installPortal", func(s *scene) { s.o.put("/v1/portal-app", nil).is(200) }, []string{"agency.portal_installed"}},
	{"installPortal", func(s *scene) { s.o.put("/v1/portal-app", nil).is(200) }, nil},
	{"updatePortalSettings", func(s *scene) { s.o.patch("/v1/portal-app", m{"employeesInvite": true}).is(200) },
		[]string{"agency.portal_changed"}},
	{"createRole", func(s *scene) { s.role = s.made(s.o.post("/v1/roles", m{"name": "Everyone"})) }, []string{"role.created"}},
	{"updateRole", func(s *scene) { s.o.patch("/v1/roles/"+s.role, m{"active": true}).is(200) }, []string{"role.changed"}},
	{"updateRole", func(s *scene) { s.o.patch("/v1/roles/"+s.role, m{"active": true}).is(200) }, nil},
	{"sendInvite", func(s *scene) {
		i := s.o.invite(s.address("ops"), m{"roles": []string{s.role}})
		s.client = i.ClientID
		s.accept(i.Email)
	}, []string{"invite.created", "invite.sent", "invite.accepted"}},
	{"updateClient", func(s *scene) { s.wish(m{"roles": []string{}}) }, []string{"client.roles_changed"}},
	{"updateClient", func(s *scene) { s.wish(m{"rules": m{"contact": m{"fields": []string{"name"}}}}) }, []string{"client.rules_changed"}},
	{"updateClient", func(s *scene) { s.wish(m{"expiresAt": s.now().AddDate(0, 1, 0)}) }, []string{"client.access_until"}},
	{"updateClient", func(s *scene) { s.wish(m{"expiresAt": ""}) }, []string{"client.access_unlimited"}},
	{"updateClient", func(s *scene) { s.wish(m{"roles": []string{}}) }, nil},
	{"makeInternal", func(s *scene) { s.o.post("/v1/clients/"+s.client+"/make-internal", nil).is(201) }, []string{"client.promoted"}},
	{"sendInvites", func(s *scene) {
		s.batch = s.made(s.o.post("/v1/batches", m{"lines": people(12, "log")}, wait...))
	}, times("invite.created", 9, "invite.sent", 9, "invite.scheduled", 3)},
	{"cancelBatch", func(s *scene) { s.o.delete("/v1/batches/" + s.batch).is(200) }, times("invite.canceled", 3)},
	{"previewImport", func(s *scene) {
		var x struct{ Hash string }
		s.o.csv("email\nfile@client.example\n").is(200).into(&x)
		s.hash = x.Hash
	}, nil},
	{"confirmImport", func(s *scene) { s.o.post("/v1/imports/confirm", m{"hash": s.hash}).is(201) }, times("invite.scheduled", 1)},
	{"uninstallPortal", func(s *scene) { s.o.delete("/v1/portal-app").is(204) }, []string{"agency.portal_removed"}},
	{"installPortal", func(s *scene) { s.o.put("/v1/portal-app", nil).is(200) }, []string{"agency.portal_installed"}},
	{"deleteRole", func(s *scene) { s.o.delete("/v1/roles/" + s.role).is(204) }, []string{"role.deleted"}},
}

// times is each action as often as the number behind it says.
func times(all ...any) []string {
	var out []string
	for n := 0; n < len(all); n += 2 {
		out = append(out, slices.Repeat([]string{all[n].(string)}, all[n+1].(int))...)
	}
	return out
}

// areas are the paths of Client Portal's operations.
var areas = []string{"/v1/portal-app", "/v1/roles", "/v1/batches", "/v1/imports",
	"/v1/clients/cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE/make-internal"}

// unlogged are operations that are no GET and change nothing that the log tells of, with the reason.
var unlogged = map[string]string{}

// TestX12EveryChangeOfClientPortalHasItsRow calls each operation of Client Portal that changes something, and reads what the log says.
func TestX12EveryChangeOfClientPortalHasItsRow(t *testing.T) {
	p := own(t, local.Options{})
	s := &scene{product: p, o: p.signIn(owner)}
	before := len(s.o.activity(""))
	known := map[string]bool{}
	for _, x := range changes {
		known[x.operation] = true
		x.do(s)
		all := s.o.activity("")
		got := actions(all[:len(all)-before])
		before = len(all)
		if !slices.Equal(sorted(got), sorted(x.rows)) {
			t.Errorf("%s leaves %v in the log, want %v", x.operation, got, x.rows)
		}
		for _, e := range all[:len(got)] {
			if e.Actor.ID == "" || e.Subject.ID == "" || strings.Contains(e.Detail, "@") {
				t.Errorf("%s: the row %+v", x.operation, e)
			}
		}
	}
	if p.local == nil || asBuilt != "" {
		return
	}
	for _, x := range askable(t, p) {
		path, _ := x.payload["rawPath"].(string)
		method, _ := x.payload["requestContext"].(map[string]any)["http"].(map[string]any)["method"].(string)
		of := slices.ContainsFunc(areas, func(a string) bool { return strings.HasPrefix(path, a) })
		if x.page || !of || method == http.MethodGet || unlogged[x.name] != "" {
			continue
		}
		if !known[x.name] {
			t.Errorf("%s (%s %s) changes something, and nobody looks at what the log says of it", x.name, method, path)
		}
	}
}
