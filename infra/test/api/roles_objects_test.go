package apitest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/shared/domain/role"
)

// linkedCard is a contact with something in every field, linked to a client that accepted.
func (c *caller) linkedCard(name string) (contact string, i invite, me *caller) {
	c.t.Helper()
	var company, person struct{ ID string }
	c.post("/v1/contacts", m{"kind": "company", "name": name + " Ltd", "email": name + "-office@acme.example"}).is(201).into(&company)
	c.post("/v1/contacts", m{"kind": "person", "name": name + " Berg", "email": name + "@acme.example", "phone": "+46 8 123 45 67",
		"address": "Storgatan 1", "taxId": "SE556677889901", "customText": "Prefers mornings.", "company": company.ID,
		"note": "Pays late."}).is(201).into(&person)
	i = c.invite(c.address(name))
	me = c.accept(i.Email)
	c.do("PATCH", "/v1/clients/"+i.ClientID, m{"contacts": []string{person.ID}}).is(200)
	return person.ID, i, me
}

// TestPortalLK4EachEntryOfEachObjectIsShownByItsRuleAndByNothingElse walks the register of objects: a later module's object is asked
// for in the same way once it is there.
func TestPortalLK4EachEntryOfEachObjectIsShownByItsRuleAndByNothingElse(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	contact, i, me := o.linkedCard("ida")
	lists := map[string]string{"contact": "/v1/portal/contacts"}
	rules := func(body m) {
		o.do("PATCH", "/v1/clients/"+i.ClientID, m{"rules": m{"contact": body}}).is(200)
	}
	for _, x := range role.Objects() {
		list := lists[x.Name]
		if list == "" {
			t.Fatalf("nobody says here where %s is listed", x.Name)
		}
		for kind, entries := range map[string]map[string]string{"fields": x.Fields, "relations": x.Relations} {
			for _, entry := range slices.Sorted(maps.Keys(entries)) {
				rules(m{kind: []string{entry}})
				var got struct{ Items []map[string]any }
				a := me.get(list).is(200)
				a.into(&got)
				if len(got.Items) != 1 {
					t.Fatalf("%s %s: %s", kind, entry, a.body)
				}
				for _, property := range []string{"id", "kind", "editable"} {
					delete(got.Items[0], property)
				}
				if keys := slices.Sorted(maps.Keys(got.Items[0])); !slices.Equal(keys, []string{entries[entry]}) {
					t.Errorf("%s %s shows %v, want %s alone", kind, entry, keys, entries[entry])
				}
				if strings.Contains(string(a.body), "Pays late") {
					t.Error("the note is shown")
				}
			}
		}
		// Nothing of the module, nothing at all.
		rules(m{})
		me.get(list).fails(404, "not_found")
		me.get(list+"/"+contact).fails(404, "not_found")
	}
	// What isn't shown is in no page either.
	rules(m{"fields": []string{"name"}})
	me.get("/portal/details").is(200).shows("ida Berg").
		hides("+46 8 123 45 67", "Storgatan 1", "SE556677889901", "Prefers mornings", "Pays late")
	rules(m{})
	me.get("/portal/details").is(404)
}

func TestPortalLK8WritingChecksTheListToo(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	contact, i, me := o.linkedCard("ida")
	path := "/v1/portal/contacts/" + contact
	rules := func(body m) {
		o.do("PATCH", "/v1/clients/"+i.ClientID, m{"rules": m{"contact": body}}).is(200)
	}
	rules(m{"fields": []string{"phone", "name"}})
	me.do("PATCH", path, m{"phone": "+46 1"}).fails(422, "invalid") // the action isn't there
	rules(m{"fields": []string{"phone", "name"}, "actions": []string{"edit"}})
	for name, body := range map[string]m{
		"a field that is not shown":         {"address": "Elsewhere 2"},
		"one that is, with one that is not": {"phone": "+46 2", "address": "Elsewhere 2"},
		"one that nobody edits":             {"phone": "+46 3", "name": "Somebody Else"},
		"one that there is not":             {"phone": "+46 4", "note": "x"},
	} {
		if a := me.do("PATCH", path, body); a.status != 422 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	var still struct{ Phone, Address, Name string }
	o.get("/v1/contacts/" + contact).is(200).into(&still)
	if still.Phone != "+46 8 123 45 67" || still.Address != "Storgatan 1" || still.Name != "ida Berg" {
		t.Errorf("%+v", still)
	}
	me.do("PATCH", path, m{"phone": "+46 8 765 43 21"}).is(200)
	o.get("/v1/contacts/" + contact).is(200).into(&still)
	if still.Phone != "+46 8 765 43 21" {
		t.Errorf("%+v", still)
	}
}

// TestPortalLK6ClientsOfDifferentContactsNeverMeet has two clients of one agency with the same role ask for each other's.
func TestPortalLK6ClientsOfDifferentContactsNeverMeet(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	one, i, me := o.linkedCard("ida")
	other, j, you := o.linkedCard("bo")
	r := o.role(m{"name": "Client", "active": true, "rules": m{"contact": m{"fields": []string{"name", "email", "company"},
		"relations": []string{"company", "responsible"}}}})
	for _, x := range []invite{i, j} {
		o.do("PATCH", "/v1/clients/"+x.ClientID, m{"roles": []string{r.ID}}).is(200)
	}
	for name, c := range map[string]struct {
		who    *caller
		own    string
		theirs string
		hides  string
	}{"one": {me, one, other, "bo"}, "the other": {you, other, one, "ida"}} {
		c.who.get("/v1/portal/contacts").is(200).hides(c.theirs, c.hides+" Berg", c.hides+"@acme.example")
		c.who.get("/v1/portal/contacts/" + c.own).is(200)
		hidden := c.who.get("/v1/portal/contacts/" + c.theirs)
		unknown := c.who.get("/v1/portal/contacts/con_01JZ8Y5W3RN6T0V4K2M9QXBDCE")
		if hidden.status != 404 || string(hidden.body) != string(unknown.body) {
			t.Errorf("%s: %s, unknown %s", name, hidden.body, unknown.body)
		}
	}
	// LK13: with another role, another sight of the same things.
	less := o.role(m{"name": "Less", "active": true, "rules": contactRules("name")})
	o.do("PATCH", "/v1/clients/"+j.ClientID, m{"roles": []string{less.ID}}).is(200)
	you.get("/v1/portal/contacts/"+other).is(200).hides("@acme.example", "Ltd")
	me.get("/v1/portal/contacts/" + one).is(200)
	// A role that is switched off closes at the next request, and so does its expiry.
	o.do("PATCH", "/v1/roles/"+less.ID, m{"active": false}).is(200)
	you.get("/v1/portal/contacts").fails(404, "not_found")
	o.do("PATCH", "/v1/roles/"+less.ID, m{"active": true}).is(200)
	you.get("/v1/portal/contacts").is(200)
	var counted userRole
	o.get("/v1/roles/" + r.ID).is(200).into(&counted)
	if counted.Users != 1 {
		t.Errorf("%s", fmt.Sprint(counted))
	}
}
