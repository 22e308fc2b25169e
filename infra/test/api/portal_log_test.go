package apitest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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
	me                        *caller // the client
	card, member, guest       string
	link, door                shareLink // door asks an administrator
	asks                      []string  // who asks at it
}

// joins has somebody join by a link.
func (s *scene) joins(who *caller, by shareLink, says m) string {
	s.t.Helper()
	var x struct{ ClientID string }
	who.post("/v1/join/"+by.token(), says).is(http.StatusOK).into(&x)
	return x.ClientID
}

// imports reads a file of contacts, and gives the hash of what was found.
func (s *scene) imports(query string) string {
	s.t.Helper()
	var x imported
	s.o.importFile("name\nFrom a file\n", query).is(http.StatusOK).into(&x)
	return x.Hash
}

// told waits until somebody who was let in has been mailed, and that is written down.
func (s *scene) told() {
	s.t.Helper()
	s.advance(2 * time.Minute)
	s.until("the row of the mail", func() bool { return slices.Contains(actions(s.o.activity("")), "share_link.join_told") })
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

// opens is the address of the guest's access to an instance.
func (s *scene) opens() string {
	s.t.Helper()
	return "/v1/clients/" + s.guest + "/grants/" + named(s.t, s.o.things("instances"), "Acme production").ID
}

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
		s.me = s.accept(i.Email)
	}, []string{"invite.created", "invite.sent", "invite.accepted"}},
	{"updateClient", func(s *scene) { s.wish(m{"roles": []string{}}) }, []string{"client.roles_changed"}},
	{"updateClient", func(s *scene) { s.wish(m{"rules": m{"contact": m{"fields": []string{"name"}}}}) }, []string{"client.rules_changed"}},
	{"updateClient", func(s *scene) { s.wish(m{"expiresAt": s.now().AddDate(0, 1, 0)}) }, []string{"client.access_until"}},
	{"updateClient", func(s *scene) { s.wish(m{"expiresAt": ""}) }, []string{"client.access_unlimited"}},
	{"updateClient", func(s *scene) { s.wish(m{"roles": []string{}}) }, nil},
	{"createContact", func(s *scene) { s.card = s.o.contact(m{"name": "Ida", "email": s.address("ida")}).ID }, []string{"contact.created"}},
	{"updateContact", func(s *scene) { s.o.patch("/v1/contacts/"+s.card, m{"phone": "+46 8 1"}).is(200) }, []string{"contact.changed"}},
	{"updateContact", func(s *scene) { s.o.patch("/v1/contacts/"+s.card, m{"phone": "+46 8 1"}).is(200) }, nil},
	{"updateClient", func(s *scene) { s.wish(m{"contacts": []string{s.card}}) }, []string{"client.contact_linked"}},
	{"updateClient", func(s *scene) {
		s.wish(m{"rules": m{"contact": m{"fields": []string{"name", "phone"}, "actions": []string{"edit"}}}})
	},
		[]string{"client.rules_changed"}},
	{"updatePortalContact", func(s *scene) { s.me.patch("/v1/portal/contacts/"+s.card, m{"phone": "+46 8 2"}).is(200) },
		[]string{"contact.changed"}},
	{"updateClient", func(s *scene) { s.wish(m{"contacts": []string{}}) }, []string{"client.contact_unlinked"}},
	{"archiveContact", func(s *scene) { s.o.delete("/v1/contacts/" + s.card).is(200) }, []string{"contact.archived"}},
	{"archiveContact", func(s *scene) { s.o.delete("/v1/contacts/" + s.card).is(200) }, nil},
	{"updateContact", func(s *scene) { s.o.patch("/v1/contacts/"+s.card, m{"archived": false}).is(200) }, []string{"contact.restored"}},
	{"importContacts", func(s *scene) { s.hash = s.imports("") }, nil},
	{"importContacts", func(s *scene) { s.imports("?confirm=" + s.hash) }, []string{"contact.created"}},
	{"importContacts", func(s *scene) { s.imports("?confirm=" + s.hash) }, nil},
	{"createShareLink", func(s *scene) { s.link = s.o.share(m{"roles": []string{s.role}, "createContact": true}) },
		[]string{"share_link.created"}},
	{"updateShareLink", func(s *scene) { s.o.patch("/v1/share-links/"+s.link.ID, m{"name": "Workshop"}).is(200) },
		[]string{"share_link.changed"}},
	{"resetShareLink", func(s *scene) { s.o.post("/v1/share-links/"+s.link.ID+"/reset", nil).is(200).into(&s.link) },
		[]string{"share_link.reset"}},
	{"joinByLink", func(s *scene) { s.guest = s.joins(s.signIn(s.address("guest")), s.link, m{}) },
		[]string{"share_link.joined", "contact.created"}},
	{"joinByLink", func(s *scene) { s.joins(s.signIn(s.address("guest")), s.link, m{}) }, nil},
	{"joinByLink", func(s *scene) { s.joins(s.me, s.link, m{"adds": true}) }, []string{"share_link.access_added", "contact.created"}},
	{"createShareLink", func(s *scene) { s.door = s.o.share(m{"approval": true}) }, []string{"share_link.created"}},
	{"joinByLink", func(s *scene) {
		for _, who := range []string{"let-in", "turned-down"} {
			s.joins(s.signIn(s.address(who)), s.door, m{})
		}
		var all struct{ Items []struct{ ID string } }
		s.o.get("/v1/join-requests").is(200).into(&all)
		for _, x := range all.Items {
			s.asks = append(s.asks, x.ID)
		}
	}, times("share_link.join_requested", 2)},
	{"joinByLink", func(s *scene) { s.joins(s.signIn(s.address("let-in")), s.door, m{}) }, nil},
	{"approveJoin", func(s *scene) { s.o.post("/v1/join-requests/"+s.asks[0]+"/approve", nil).is(200); s.told() },
		[]string{"share_link.joined", "share_link.join_approved", "share_link.join_told"}},
	{"refuseJoin", func(s *scene) { s.o.post("/v1/join-requests/"+s.asks[1]+"/refuse", nil).is(200) },
		[]string{"share_link.join_refused"}},
	{"disableShareLink", func(s *scene) { s.o.post("/v1/share-links/"+s.link.ID+"/disable", nil).is(200) },
		[]string{"share_link.disabled"}},
	{"disableShareLink", func(s *scene) { s.o.post("/v1/share-links/"+s.link.ID+"/disable", nil).is(200) }, nil},
	{"addMember", func(s *scene) { s.member = s.o.add(s.address("colleague"), "employee").ID }, []string{"member.added"}},
	{"updateMember", func(s *scene) { s.o.patch("/v1/members/"+s.member, m{"portalRight": "denied"}).is(200) },
		[]string{"member.changed"}},
	{"updateMember", func(s *scene) { s.o.patch("/v1/members/"+s.member, m{"portalRight": "denied"}).is(200) }, nil},
	{"removeMember", func(s *scene) { s.o.delete("/v1/members/" + s.member).is(204) }, []string{"member.removed"}},
	{"grantAccess", func(s *scene) { s.o.put(s.opens(), m{"access": "read"}).is(200) }, []string{"client.access_granted"}},
	{"revokeAccess", func(s *scene) { s.o.delete(s.opens()).is(204) }, []string{"client.access_revoked"}},
	{"removeClient", func(s *scene) { s.o.delete("/v1/clients/" + s.guest).is(200) }, []string{"client.removed"}},
	{"eraseClient", func(s *scene) { s.o.post("/v1/clients/"+s.guest+"/erase", nil).is(204) }, []string{"client.erased"}},
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
var areas = []string{"/v1/portal-app", "/v1/roles", "/v1/batches", "/v1/imports", "/v1/clients", "/v1/contacts", "/v1/portal/contacts",
	"/v1/share-links", "/v1/join", "/v1/members"}

// unlogged are operations that are no GET and change nothing that the log tells of, with the reason.
var unlogged = map[string]string{"retryProvisioning": "it is about what was bought, and has tests of its own",
	"proposePayerChange": readInActivity, "withdrawPayerChange": readInActivity, "agreePayerChange": readInActivity,
	"declinePayerChange": readInActivity}

const readInActivity = "it is about who pays, and TestX4TheTwoSidesAgreeOnTheirPages reads what the log says"

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
