package apitest_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// externalUser is what the API says of a client as an external user.
type externalUser struct {
	ID, Name, Status string
	Roles, Contacts  []string
	Rules            map[string]map[string][]string
	ExpiresAt        *time.Time
	AccessExpired    bool
	Resources        []m
}

// card puts a contact into the agency's table and returns its id.
func (c *caller) card(which, name string) string {
	c.t.Helper()
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	_, err := dynamodb.NewFromConfig(c.aws()).PutItem(c.t.Context(), &dynamodb.PutItemInput{TableName: &c.place.Table,
		Item: map[string]types.AttributeValue{"pk": text(c.agencyOf()), "sk": text("con#" + which), "name": text(name)}})
	if err != nil {
		c.t.Fatal(err)
	}
	return which
}

// TestFL22AUserHasRolesRulesAnEndAndContacts changes each by the API, and reads it back where it is shown.
func TestFL22AUserHasRolesRulesAnEndAndContacts(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("fl22"))
	path := "/v1/clients/" + i.ClientID
	o.patch(path, m{"roles": []string{}}).fails(404, "not_found") // no Client Portal
	o.patch(path, m{"name": "Acme"}).is(200)
	o.portalOn()
	r := o.role(m{"name": "Client " + p.run, "active": true, "rules": m{"contact": m{"fields": []string{"name"}}}})
	off := o.role(m{"name": "Off " + p.run})
	if f := o.patch(path, m{"roles": []string{r.ID, off.ID, "rol_no", "x"}}).fails(422, "invalid"); f.at("roles[1]") == "" ||
		f.at("roles[2]") == "" || f.at("roles[0]") != "" {
		t.Errorf("%+v", f)
	}
	// Before it has accepted, roles and the end are the invite's; rules and contacts have to wait.
	o.patch(path, m{"rules": m{"contact": m{"fields": []string{"phone"}}}}).fails(409, "not_active")
	o.patch(path, m{"roles": []string{r.ID}}).is(200)
	var sent struct{ Roles []string }
	o.get("/v1/invites/" + i.ID).is(200).into(&sent)
	if !slices.Equal(sent.Roles, []string{r.ID}) {
		t.Errorf("the invite gives %v", sent.Roles)
	}
	p.accept(p.address("fl22"))
	var u externalUser
	tag := o.get(path).is(200).into(&u).header.Get("ETag")
	if !slices.Equal(u.Roles, []string{r.ID}) || u.ExpiresAt != nil || len(u.Rules) != 0 {
		t.Errorf("accepted: %+v", u)
	}
	end := p.now().Add(40 * 24 * time.Hour).UTC().Truncate(time.Second)
	want := m{"expiresAt": end.Format(time.RFC3339), "rules": m{"contact": m{"fields": []string{"phone"}}}}
	if got := o.patch(path, want, "If-Match", tag).is(200).into(&u).header.Get("ETag"); got == tag || u.ExpiresAt == nil ||
		!u.ExpiresAt.Equal(end) || !slices.Equal(u.Rules["contact"]["fields"], []string{"phone"}) {
		t.Errorf("changed: %+v, %s", u, got)
	}
	o.patch(path, m{"roles": []string{}}, "If-Match", tag).fails(412, "changed_meanwhile")
	for _, bad := range []m{{"expiresAt": "tomorrow"}, {"expiresAt": "2020-01-01T00:00:00Z"},
		{"rules": m{"contact": m{"fields": []string{"note"}}}},
		{"rules": m{"tasks": m{"fields": []string{"stage"}}}}, {"contacts": []string{"con_no"}}} {
		o.patch(path, bad).fails(422, "invalid")
	}
	card := o.card("con_01KAM5Q0Z8W3RN6T0V4K2M9QXB", "Acme card")
	o.patch(path, m{"contacts": []string{card}}).is(200).into(&u)
	if !slices.Equal(u.Contacts, []string{card}) {
		t.Errorf("linked: %+v", u)
	}
	other := o.invite(p.address("fl22b"))
	p.accept(p.address("fl22b"))
	if f := o.patch("/v1/clients/"+other.ClientID, m{"contacts": []string{card}}).fails(409, "already_linked"); !strings.Contains(f.Detail,
		"Acme card") {
		t.Errorf("another one's contact: %+v", f)
	}
	at := "/client-portal/users/" + i.ClientID
	o.get("/client-portal").is(200).shows("Acme", "Client "+p.run, "Ends ")
	o.get("/client-portal?q=fl22b").is(200).shows(p.address("fl22b")).hides("Client " + p.run)
	o.get(at).is(200).shows("Acme", "Acme card", "Contact card", "Their own rules", "End of access", "History",
		"Name given by Client "+p.run, "can't be given").holds(`value="` + off.ID + `" disabled`)
	o.get("/clients/" + i.ClientID).is(200).holds(at)

	// The forms do the same.
	o.post(at, do("unlink", url.Values{"contact": {card}})).is(303).has("Location", at+"?done=unlink")
	o.get(at + "?done=unlink").is(200).shows("Link removed.").hides("Acme card")
	o.post(at, do("roles", url.Values{"role": {}})).is(303)
	o.post(at, do("roles", url.Values{"role": {off.ID}})).is(422).shows("is off")
	o.post(at, do("rules", url.Values{"give": {"contact.fields.email", "contact.actions.edit"}})).is(303)
	o.get(path).is(200).into(&u)
	if len(u.Roles) != 0 || len(u.Contacts) != 0 || !slices.Equal(u.Rules["contact"]["actions"], []string{"edit"}) ||
		!slices.Equal(u.Rules["contact"]["fields"], []string{"email"}) {
		t.Errorf("by the forms: %+v", u)
	}
	further := end.Add(30 * 24 * time.Hour)
	o.get(at).is(200).holds(further.Format(time.RFC3339))
	for range 2 { // a form that is sent twice puts it off once
		o.post(at, do("extend", url.Values{"until": {further.Format(time.RFC3339)}})).is(303)
	}
	o.get(path).is(200).into(&u)
	if !u.ExpiresAt.Equal(further) {
		t.Errorf("extended to %v, not %v", u.ExpiresAt, further)
	}
	o.post(at, do("term", url.Values{"expiresAt": {"whenever"}})).is(422).shows("Write a date and a time of day")
	o.post(at, do("term", url.Values{"expiresAt": {""}})).is(303)
	o.get(path).is(200).into(&u)
	if u.ExpiresAt != nil {
		t.Errorf("lifted: %v", u.ExpiresAt)
	}
	o.get(at + "?unlink=x").is(200)
	o.get("/client-portal/users/" + strings.Replace(i.ClientID, "cl_0", "cl_1", 1)).is(404)
}

// TestPortalLK16WhoseAccessHasEndedReadsWhatAndWhomToAsk ends the access of a client that was lent an instance.
func TestPortalLK16WhoseAccessHasEndedReadsWhatAndWhomToAsk(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	x := named(t, o.things("instances"), "Internal automations")
	i := o.invite(p.address("lk16"), m{"grants": []m{{"resource": x.ID, "access": "write"}}})
	client := p.accept(i.Email)
	client.get("/portal").is(200).shows("Internal automations").hides("Your access has ended")
	at := "/client-portal/users/" + i.ClientID
	for range 2 {
		o.post(at, do("end", nil)).is(303)
	}
	p.advance(time.Second)
	client.get("/portal").is(200).shows("Your access has ended", "Northwind Automations gave you access until", "Internal automations",
		"To get access again, ask Nora Lindqvist at Northwind Automations", "Your sign-in, your account and your data stay yours.")
	var v struct {
		Access    string
		Instances []m
		Ended     *struct {
			At    time.Time
			Items []struct{ ID, Name string }
			Ask   string
		}
	}
	client.get("/v1/portal").is(200).into(&v)
	if v.Access != "ended" || len(v.Instances) != 0 || v.Ended == nil || v.Ended.Ask != owner || len(v.Ended.Items) != 1 ||
		v.Ended.Items[0].ID != x.ID || v.Ended.At.IsZero() {
		t.Errorf("the API says %+v", v)
	}
	client.get("/portal/instances/" + x.ID).is(404).shows("gave you access until")
	if f := client.get("/v1/portal/instances/"+x.ID).fails(404, "not_found"); !strings.Contains(f.Detail, "Ask them to extend it.") {
		t.Errorf("the instance: %+v", f)
	}
	for _, path := range []string{"/account", "/v1/me/export"} { // what is its own stays open
		client.get(path).is(200)
	}
	var u externalUser
	o.get("/v1/clients/" + i.ClientID).is(200).into(&u)
	if u.Status != "active" || !u.AccessExpired || len(u.Resources) != 0 {
		t.Errorf("the agency reads %+v", u)
	}
	o.get(at).is(200).shows("Access ended", "They can still sign in")
	o.get("/clients/" + i.ClientID).is(200).shows("Their access ended on")
	o.put("/v1/clients/"+i.ClientID+"/grants/"+x.ID, m{"access": "read"}).fails(409, "not_active")
	o.post(at, do("extend", url.Values{"until": {p.now().Add(30 * 24 * time.Hour).UTC().Format(time.RFC3339)}})).is(303)
	client.get("/portal").is(200).shows("Internal automations").hides("Your access has ended")
}

// TestFL16WhoSeesExternalUsersAndWhoChangesThem asks as an employee, as somebody who is denied, and without Client Portal.
func TestFL16WhoSeesExternalUsersAndWhoChangesThem(t *testing.T) {
	p := start(t)
	o, made := p.signUp(p.address("fl16"), "Users "+p.run)
	p.onMax(made.ID)
	i := o.invite(p.address("fl16c"))
	p.accept(i.Email)
	at := "/client-portal/users/" + i.ClientID
	o.get("/client-portal").is(404)
	o.get(at).is(404)
	o.portalOn()
	sam := o.add(p.address("sam"), "employee")
	e := p.signIn(p.address("sam"))
	e.get("/client-portal").is(200).shows(i.Email)
	e.get(at).is(200).shows(i.Email).hides("Extend by 30 days", "Save roles", "Rules for this user alone", "All activity", "History")
	for _, form := range []string{"term", "extend", "end", "roles", "rules", "link", "unlink", "internal"} {
		e.post(at, do(form, nil)).is(403)
	}
	e.patch("/v1/clients/"+i.ClientID, m{"roles": []string{}}).fails(403, "forbidden")
	e.get("/v1/clients/" + i.ClientID).is(200)
	o.patch("/v1/members/"+sam.ID, m{"portalRight": "denied"}).is(200)
	e.get("/client-portal").is(404)
	e.get(at).is(404)
	e.get("/instances").is(404)
	e.get("/home").is(200).hides("Clients", "Client Portal", "Instances", "Services") // no way to what is not there
	e.post(at, do("end", nil)).is(404)
	e.patch("/v1/clients/"+i.ClientID, m{"roles": []string{}}).fails(404, "not_found")
}

// TestFL10PendingInvitesAreNoExternalUsersUntilTheyAccept looks at the list before and after, page by page.
func TestFL10PendingInvitesAreNoExternalUsersUntilTheyAccept(t *testing.T) {
	p := start(t)
	o, made := p.signUp(p.address("fl10"), "Lists "+p.run)
	p.onMax(made.ID)
	o.portalOn()
	o.get("/client-portal").is(200).shows("Nobody has accepted yet")
	for n := range 3 {
		o.invite(p.address(fmt.Sprintf("fl10-%d", n)))
	}
	o.get("/client-portal").is(200).hides(p.address("fl10-0"))
	p.accept(p.address("fl10-1"))
	o.get("/client-portal").is(200).shows(p.address("fl10-1")).hides(p.address("fl10-0"), p.address("fl10-2"))
	o.get("/client-portal?cursor=nonsense").is(404)
}

// usersJob makes the functions of external users do all that they can.
func usersJob(p *product) {
	o := p.signIn(owner)
	o.portalOn()
	i := o.invite("users@client.example")
	guest := p.accept("users@client.example")
	r := o.role(m{"name": "Of a user", "active": true})
	card := o.card("con_01KAM5Q0Z8W3RN6T0V4K2M9QXC", "A card")
	o.patch("/v1/clients/"+i.ClientID, m{"contacts": []string{card}, "roles": []string{r.ID}}).is(200)
	at := "/client-portal/users/" + i.ClientID
	o.get("/client-portal").is(200)
	o.get(at).is(200)
	o.get(at + "?find=card").is(200)
	o.post(at, do("unlink", url.Values{"contact": {card}})).is(303)
	o.post(at, do("link", url.Values{"contact": {card}})).is(303)
	o.post(at, do("roles", nil)).is(303)
	guest.asksByLink(o)
	o.post(at, do("internal", nil)).is(303)
}

// TestFL2TheMenuHasWhatIsOpenAndNothingElse looks at a client's portal without a role, with one, and once that is off. What runs for
// the client is there all the time.
func TestFL2TheMenuHasWhatIsOpenAndNothingElse(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	x := named(t, o.things("instances"), "Internal automations")
	i := o.invite(p.address("fl2"), m{"grants": []m{{"resource": x.ID, "access": "read"}}})
	client := p.accept(i.Email)
	r := o.role(m{"name": "Menu " + p.run, "active": true, "rules": m{"contact": m{"fields": []string{"name"}}}})
	looks := func(open bool) {
		t.Helper()
		var v struct{ Modules []string }
		client.get("/v1/portal").is(200).into(&v)
		if page := client.get("/portal").is(200).shows("Internal automations"); open {
			page.shows("Your details").holds("/portal/details?agency=")
		} else {
			page.hides("Your details")
		}
		if slices.Contains(v.Modules, "contact") != open {
			t.Errorf("open is %v, and not %v", v.Modules, open)
		}
	}
	looks(false)
	o.patch("/v1/clients/"+i.ClientID, m{"roles": []string{r.ID}}).is(200)
	looks(true)
	o.patch("/v1/roles/"+r.ID, m{"active": false}).is(200)
	looks(false)
	o.patch("/v1/clients/"+i.ClientID, m{"rules": m{"contact": m{"fields": []string{"email"}}}}).is(200)
	looks(true)
	var mine struct {
		Portals []struct {
			ClientID string
			Roles    []string
			Rules    map[string]map[string][]string
		}
	}
	client.get("/v1/me/export").is(200).into(&mine)
	if len(mine.Portals) != 1 || !slices.Equal(mine.Portals[0].Roles, []string{r.ID}) ||
		!slices.Equal(mine.Portals[0].Rules["contact"]["fields"], []string{"email"}) {
		t.Errorf("what is kept: %+v", mine)
	}
	o.delete("/v1/portal-app").is(204)
	looks(false)
	o.put("/v1/portal-app", nil).is(200)
	looks(true)
	o.patch("/v1/clients/"+i.ClientID, m{"rules": m{}}).is(200)
	looks(false)
}

// TestPortalR5RemovingTheLinkToAContactClosesWhatCameByItAtTheNextRequest has a client look at its card before and after.
func TestPortalR5RemovingTheLinkToAContactClosesWhatCameByItAtTheNextRequest(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	r := o.role(m{"name": "Linked " + p.run, "active": true, "rules": m{"contact": m{"fields": []string{"name", "email"}}}})
	var card struct{ ID string }
	o.post("/v1/contacts", m{"kind": "company", "name": "Card of " + p.run}).is(201).into(&card)
	i := o.invite(p.address("r5"), m{"roles": []string{r.ID}, "contact": card.ID})
	client := p.accept(i.Email)
	client.get("/portal/details").is(200).shows("Card of " + p.run)
	mine := "/v1/portal/contacts/" + card.ID
	client.get(mine).is(200)
	o.patch("/v1/clients/"+i.ClientID, m{"contacts": []string{}}).is(200)
	client.get(mine).fails(404, "not_found")
	client.get("/portal/details").is(200).hides("Card of " + p.run)
	o.patch("/v1/clients/"+i.ClientID, m{"contacts": []string{card.ID}}).is(200)
	client.get(mine).is(200)
	o.patch("/v1/clients/"+i.ClientID, m{"expiresAt": p.now().UTC().Format(time.RFC3339)}).is(200)
	p.advance(2 * time.Second)
	client.get(mine).fails(404, "not_found")
	client.get("/portal/details").is(404)
}
