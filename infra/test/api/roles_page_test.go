package apitest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// ticked are the entries that a role's form sends.
func ticked(fields ...string) url.Values {
	v := url.Values{}
	for _, f := range fields {
		v.Add("give", "contact.fields."+f)
	}
	return v
}

// with is a form with more in it.
func with(v url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestPortalFL19ARoleIsMadeAndChangedByPlainForms(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.get("/client-portal/roles").is(404)
	o.portalOn()
	o.get("/client-portal/roles").is(200).shows("No roles yet", "New role")
	o.post("/client-portal/roles", do("create", url.Values{"name": {""}})).is(422).shows("Give the role a name.")
	at := o.post("/client-portal/roles", do("create", url.Values{"name": {"Freelancers"}})).is(303).header.Get("Location")
	path, _, _ := strings.Cut(at, "?")
	o.post("/client-portal/roles", do("create", url.Values{"name": {"freelancers"}})).is(409).shows("already have a role with this name")
	o.get(at).is(200).shows("Freelancers", "Off", "Nobody has it", "Role created", "View fields", "Tax ID", "Available actions").
		hides("Invoices", "Estimates")
	// The time is the agency's own.
	o.edit(o.agencyOf(), "agency", "SET #zone = :z",
		map[string]types.AttributeValue{":z": &types.AttributeValueMemberS{Value: "America/New_York"}})
	day := p.now().AddDate(0, 2, 0).Format("2006-01-02")
	o.post(path, with(ticked("name", "phone"), "do", "save", "name", "Freelancers", "description", "For tasks.", "expires", day+"T18:00",
		"active", "yes")).is(303)
	var r userRole
	o.get("/v1/roles/" + path[len("/client-portal/roles/"):]).is(200).into(&r)
	ny, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	want, err := time.ParseInLocation("2006-01-02T15:04", day+"T18:00", ny)
	if err != nil {
		t.Fatal(err)
	}
	if r.ExpiresAt == nil || !r.ExpiresAt.Equal(want) || !r.Active || fmt.Sprint(r.Rules) != "map[contact:map[fields:[name phone]]]" {
		t.Errorf("%+v, want %v", r, want)
	}
	o.get(path).is(200).shows("America/New_York", "18:00 E", "Extend by 30 days", "Active")
	o.get("/client-portal/roles").is(200).shows("Freelancers", "Expires", "18:00 E")
	// One click.
	o.post(path, do("extend", url.Values{})).is(303)
	o.get("/v1/roles/" + r.ID).is(200).into(&r)
	if !r.ExpiresAt.Equal(want.Add(30 * 24 * time.Hour)) {
		t.Errorf("extended to %v", r.ExpiresAt)
	}
	wrong := func(v url.Values, more ...string) *answer {
		return o.post(path, with(with(v, "do", "save", "name", "Freelancers"), more...)).is(422)
	}
	wrong(ticked(), "expires", "2001-01-01T00:00").shows("Choose a time in the future")
	wrong(ticked(), "expires", "soon").shows("Choose a date and time")
	wrong(url.Values{"give": {"tasks.actions.comment"}}).shows("can't be opened yet")
	wrong(url.Values{"give": {"nonsense"}})
	o.post(path, with(ticked("name"), "do", "save", "name", "Freelancers", "tag", `"1"`)).is(412).shows("Somebody changed this role")
	// LK17: what it takes is shown first, with what was typed, and saved when that is confirmed.
	i := o.invite(p.address("ops"))
	p.accept(i.Email)
	o.give(i, r)
	save := func(more ...string) *answer {
		return o.post(path, with(with(ticked("name"), "do", "save", "name", "Renamed"), append(more, "active", "yes")...))
	}
	save().is(200).shows("This takes something from 1 user", "Phone: 1 user loses it", "Save all the same").hides(`value="Freelancers"`)
	o.get("/v1/roles/" + r.ID).is(200).into(&r)
	if r.Name != "Freelancers" {
		t.Errorf("it was saved unasked: %+v", r)
	}
	save("confirm", "yes").is(303)
	o.get("/v1/roles/" + r.ID).is(200).into(&r)
	if r.Name != "Renamed" || len(r.Rules["contact"]["fields"]) != 1 || r.ExpiresAt != nil {
		t.Errorf("%+v", r)
	}
	o.get(path + "?ask=delete").is(200).shows("1 user has it. Take it from them first").hides("<dialog")
	o.post(path, do("delete", url.Values{})).is(409).shows("1 user has the role")
	spare := o.role(m{"name": "Spare"})
	o.get("/client-portal/roles/" + spare.ID + "?ask=delete").is(200).shows("Delete the role Spare?")
	o.post("/client-portal/roles/"+spare.ID, do("delete", url.Values{})).is(303)
	o.get("/client-portal/roles/" + spare.ID).is(404)
}

func TestPortalSeeAsSaysOfEachThingWhy(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	i := o.invite(p.address("ops"))
	p.accept(i.Email)
	r := o.role(m{"name": "Clients", "active": true, "rules": contactRules("name", "phone")})
	off := o.role(m{"name": "Off", "rules": contactRules("address")})
	o.give(i, r, off)
	o.get("/client-portal/see-as?client="+i.ClientID).is(200).shows("See as", "The role “Clients” gives it.", "Phone", "Shown",
		"The role “Off” would give it, but it's off.", "No role of theirs", "Open their portal")
	o.get("/client-portal/see-as?role="+r.ID).is(200).shows("See as Clients", "The role “Clients” gives it.").hides("Open their portal")
	o.get("/client-portal/see-as?role=" + off.ID).is(200).shows("The role “Off” gives it.")
	o.get("/client-portal/see-as?role="+r.ID+","+off.ID).is(200).shows("See as Clients, Off", "would give it, but it's off")
	o.get("/client-portal/see-as").is(303)
	o.get("/client-portal/see-as?role=rol_nothing").is(404)
	o.get("/client-portal/see-as?client=cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE").is(404)
	p.nobody().get("/client-portal/see-as?role=" + r.ID).is(303)
	o.delete("/v1/clients/" + i.ClientID).is(200)
	o.get("/client-portal/see-as?client="+i.ClientID).is(200).shows("Nothing is open", "Not in their menu")
}
