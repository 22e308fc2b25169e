package apitest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
)

// linkedTo is what contacts the API says that a client is linked to.
func (c *caller) linkedTo(which string) []string {
	c.t.Helper()
	var u externalUser
	c.get("/v1/clients/" + which).is(http.StatusOK).into(&u)
	return u.Contacts
}

// asksByLink has an external user ask for a role by a link of the agency's owner.
func (c *caller) asksByLink(o *caller) {
	c.t.Helper()
	r := o.role(m{"name": "More " + c.run, "active": true})
	l := o.share(m{"name": "Door", "approval": true, "roles": []string{r.ID}})
	c.post("/v1/join/"+l.token(), m{"adds": true}).is(http.StatusOK)
}

// TestFL22AContactIsPickedOnTheUsersCard finds the agency's contacts on a user's card by plain forms, and links them.
func TestFL22AContactIsPickedOnTheUsersCard(t *testing.T) {
	p := start(t)
	o, _ := p.portalAgency("pick")
	to := p.address("pick-ida")
	i := o.invite(to)
	p.accept(to)
	firm := o.contact(m{"kind": "company", "name": "Berg & Sons"})
	ida := o.contact(m{"kind": "person", "name": "Ida Berg", "email": to, "phone": "+46 8 123 45 67", "company": firm.ID,
		"note": "Pays late"})
	gone := o.contact(m{"kind": "person", "name": "Ida Gone"})
	o.delete("/v1/contacts/" + gone.ID)
	other := o.invite(p.address("pick-other"))
	p.accept(other.Email)
	theirs := o.contact(m{"kind": "person", "name": "Ida Theirs"})
	o.patch("/v1/clients/"+other.ClientID, m{"contacts": []string{theirs.ID}}).is(200)

	at := "/client-portal/users/" + i.ClientID
	o.get(at).is(200).shows("Link a contact", "Not linked to a contact card").holds(`value="` + to + `"`).hides("Ida Berg")
	for _, find := range []string{"IDA", "berg", to} {
		o.get(at+"?"+url.Values{"find": {find}}.Encode()).is(200).shows("Ida Berg").hides("Ida Gone", "Ida Theirs", "Pays late")
	}
	o.get(at+"?find=nobody").is(200).shows("No contact without an external user has", "Add a contact")
	o.get(at + "?find=ida&after=nonsense").is(404)
	link := func(which string) *answer {
		t.Helper()
		return o.post(at, do("link", url.Values{"contact": {which}, "find": {"ida"}}))
	}
	for range 2 { // a form that is sent twice links it once
		link(ida.ID).is(303).has("Location", at+"?done=link")
	}
	o.get(at+"?done=link").is(200).shows("Contact card linked.", "Ida Berg", "Berg & Sons", "+46 8 123 45 67", to)
	o.get("/contacts/" + ida.ID).is(200).holds(at)
	link(theirs.ID).is(409).shows("The contact “Ida Theirs” is linked to another external user. Remove that link first.")
	link(gone.ID).is(422).shows("The contact “Ida Gone” is archived.")
	link("con_01KAM5Q0Z8W3RN6T0V4K2M9QXB").is(422).shows("There is no such contact.")
	link("nonsense").is(422).shows("There is no such contact.")
	if got := o.linkedTo(i.ClientID); !slices.Equal(got, []string{ida.ID}) {
		t.Errorf("linked to %v", got)
	}

	// Page by page, and up to as many as there may be.
	var cards []contactCard
	for n := range client.MaxContacts + 7 {
		cards = append(cards, o.contact(m{"kind": "person", "name": fmt.Sprintf("Card %02d", n)}))
	}
	_, more, ok := strings.Cut(string(o.get(at+"?find=card").is(200).shows("Card 16", "Card 07", "More contacts").hides("Card 06").body),
		`href="`+at+"?after=")
	if !ok {
		t.Fatal("nothing leads further back")
	}
	after, _, _ := strings.Cut(more, "&")
	o.get(at+"?find=card&after="+after).is(200).shows("Card 06", "Card 00").hides("Card 07", "More contacts")
	for _, c := range cards[:client.MaxContacts-2] {
		link(c.ID).is(303)
	}
	answers := make([]*answer, 64)
	var all sync.WaitGroup
	for n := range answers {
		all.Go(func() { answers[n] = link(cards[client.MaxContacts-2+n%9].ID) })
	}
	all.Wait()
	taken := 0
	for _, a := range answers {
		switch a.status {
		case http.StatusSeeOther:
			taken++
		case http.StatusUnprocessableEntity, http.StatusServiceUnavailable:
		default:
			t.Errorf("one was answered %d: %s", a.status, a.body)
		}
	}
	got := o.linkedTo(i.ClientID)
	if n := len(slices.Compact(sorted(got))); taken == 0 || len(got) != client.MaxContacts || n != len(got) {
		t.Errorf("%d were let in, and it is linked to %v", taken, got)
	}
	o.get(at).is(200).shows("Linked to 10 contact cards, which is the most.").hides("Link a contact")
	left := slices.IndexFunc(cards, func(c contactCard) bool { return !slices.Contains(o.linkedTo(i.ClientID), c.ID) })
	link(cards[left].ID).is(422).shows("can be linked to 10 contacts")
	o.post(at, do("unlink", url.Values{"contact": {ida.ID}})).is(303)
	o.get(at).is(200).shows("Link a contact").hides("Ida Berg")

	_, e := o.hire(p.address("pick-sam"), "employee")
	e.get(at+"?find=ida").is(200).hides("Link a contact", "Ida Berg")
	e.post(at, do("link", url.Values{"contact": {ida.ID}})).is(403)
}

// TestPortalThePreviewHasTheMenuThatTheUserHas: whoever looks as a user sees the parts of Client Portal that are open to it, or will be,
// and what stands there with the reasons.
func TestPortalThePreviewHasTheMenuThatTheUserHas(t *testing.T) {
	p := start(t)
	o, _ := p.portalAgency("menu")
	r := o.role(m{"name": "Sees", "active": true, "rules": m{"contact": m{"fields": []string{"name"}}}})
	i := o.invite(p.address("menu-client"), m{"roles": []string{r.ID}})
	at, why := "/clients/"+i.ClientID+"?preview=portal", "/client-portal/see-as?client="+i.ClientID
	o.get(at).is(200).shows("Preview", "Your details").holds(why)
	p.accept(i.Email)
	o.get(at).is(200).shows("Your details").holds(why)
	o.get(why).is(200)
	o.patch("/v1/roles/"+r.ID, m{"active": false}).is(200)
	o.get(at).is(200).hides("Your details")
	o.patch("/v1/clients/"+i.ClientID, m{"rules": m{"contact": m{"fields": []string{"email"}}}}).is(200)
	o.get(at).is(200).shows("Your details")
	o.delete("/v1/portal-app").is(204)
	o.get(at).is(200).hides("Your details")
}

// TestFL18TheButtonIsOnTheUsersCard: an owner makes an internal user where it looks at an external one, after one question.
func TestFL18TheButtonIsOnTheUsersCard(t *testing.T) {
	p := start(t)
	o, _ := p.portalAgency("fl18card")
	to := p.address("fl18-card")
	i := o.invite(to, m{"name": "Acme Ltd"})
	p.accept(to)
	at := "/client-portal/users/" + i.ClientID
	_, d := o.hire(p.address("fl18-card-admin"), "admin")
	_, e := o.hire(p.address("fl18-card-employee"), "employee")
	for _, c := range []*caller{d, e} {
		c.get(at+"?internal=ask").is(200).hides(`value="internal"`, "Make internal")
		c.post(at, do("internal", nil)).is(403)
	}
	o.get(at).is(200).shows("Make an internal user", "Make internal…").holds(at + "?internal=ask#internal")
	o.get(at+"?internal=ask").is(200).shows("Make Acme Ltd an internal user?", "They stay signed in.")
	o.post(at, do("internal", nil)).is(303).has("Location", "/settings/members?done=internal")
	o.get("/settings/members?done=internal").is(200).shows("They are an internal user now.", to)
	o.post(at, do("internal", nil)).is(409).shows("already works at")
	o.get(at).is(404)
	o.post("/client-portal/users/nonsense", do("internal", nil)).is(404)
}

// TestFL18WhoPaysOrOwnsSomethingStaysAClient: the pages say why there is no button, and every door refuses in the same words.
func TestFL18WhoPaysOrOwnsSomethingStaysAClient(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.portalOn()
	mine, _ := o.agency()
	i, secret, c := o.paying(p.address("fl18-pays"))
	const why, early = "They pay by subscription or own an instance. Both stay theirs, so end that first.",
		"They haven't accepted an invite. Add them as a member instead."
	path, pages := "/v1/clients/"+i.ClientID+"/make-internal", []string{"/clients/" + i.ClientID, "/client-portal/users/" + i.ClientID}
	o.post(path, nil).says(409, "not_active", early)
	o.post(pages[0], do("internal", nil)).is(409).shows(early)
	c.buys(secret, mine.ID)
	people := len(o.colleagues())
	for range 2 {
		o.post(path, nil).says(409, "not_active", why)
		for _, at := range pages {
			o.get(at+"?internal=ask").is(200).shows("Make an internal user", why).hides(`value="internal"`)
			o.post(at, do("internal", nil)).is(409).shows(why)
		}
	}
	var u externalUser
	o.get("/v1/clients/" + i.ClientID).is(200).into(&u)
	if u.Status != "active" || len(o.colleagues()) != people {
		t.Errorf("it is %+v, among %d people", u, len(o.colleagues()))
	}
}

// TestFL18WhatIsOpenOfAPersonIsClosedWithThePromotion: what it has asked for by links goes in the same moment, it has none of it left,
// and nobody can let it in again by what was open. An invitation to an external user that has accepted does not exist.
func TestFL18WhatIsOpenOfAPersonIsClosedWithThePromotion(t *testing.T) {
	p := start(t)
	o, _ := p.portalAgency("fl18open")
	r := o.role(m{"name": "More", "active": true, "rules": m{"contact": m{"fields": []string{"name"}}}})
	to, else1 := p.address("fl18-open"), p.address("fl18-else")
	i := o.invite(to, m{"roles": []string{r.ID}})
	guest := p.accept(to)
	card := o.contact(m{"kind": "person", "name": "A card"})
	o.patch("/v1/clients/"+i.ClientID, m{"contacts": []string{card.ID}, "rules": m{"contact": m{"fields": []string{"phone"}}},
		"expiresAt": p.now().AddDate(0, 1, 0)}).is(200)
	second := o.role(m{"name": "By a link", "active": true, "rules": m{}})
	var links []shareLink
	for n := range 12 { // more than go in one transaction
		links = append(links, o.share(m{"name": fmt.Sprint("Door ", n), "approval": true, "roles": []string{second.ID}}))
		guest.post("/v1/join/"+links[n].token(), m{"adds": true}).is(200)
	}
	p.signIn(else1).post("/v1/join/"+links[0].token(), nil).is(200)
	type request struct{ ID, Email string }
	waiting := func() (all []request) {
		var found struct{ Items []request }
		o.get("/v1/join-requests").is(200).into(&found)
		return found.Items
	}
	asked := waiting()
	if len(asked) != 13 {
		t.Fatalf("asked: %+v", asked)
	}
	o.post("/v1/clients/"+i.ClientID+"/make-internal", nil).is(201)
	if left := waiting(); len(left) != 1 || left[0].Email != else1 {
		t.Errorf("left: %+v", left)
	}
	for _, q := range asked {
		if q.Email == to {
			o.post("/v1/join-requests/"+q.ID+"/approve", nil).fails(404, "not_found")
		}
	}
	guest.post("/v1/join/"+links[0].token(), m{"adds": true}).fails(409, "already_member")
	var mine struct{ JoinRequests []m }
	guest.get("/v1/me/export").is(200).into(&mine)
	if len(mine.JoinRequests) != 0 {
		t.Errorf("what is kept: %+v", mine)
	}
	var u externalUser
	o.get("/v1/clients/" + i.ClientID).is(200).into(&u)
	if u.Status != "inactive" || len(u.Roles)+len(u.Contacts)+len(u.Rules) != 0 || u.ExpiresAt != nil {
		t.Errorf("the client is %+v", u)
	}
	var left struct{ Users int }
	o.get("/v1/roles/" + r.ID).is(200).into(&left)
	if left.Users != 0 {
		t.Errorf("the role is counted for %d", left.Users)
	}
	o.get("/contacts/" + card.ID).is(200).hides("/client-portal/users/")
	o.delete("/v1/roles/" + r.ID).is(204)
}

// TestFL18TheLastPlaceIsTakenOnce has eight clients made internal by 64 at once, where one more may work at the agency.
func TestFL18TheLastPlaceIsTakenOnce(t *testing.T) {
	p := start(t)
	o, made := p.portalAgency("fl18last")
	var paths []string
	for n := range 8 {
		i := o.invite(p.address(fmt.Sprint("fl18-last-", n)))
		p.accept(i.Email)
		paths = append(paths, "/v1/clients/"+i.ClientID+"/make-internal")
	}
	p.people(made.ID, agency.MaxMembers-2)
	answers := make([]*answer, 64)
	var all sync.WaitGroup
	for n := range answers {
		all.Go(func() { answers[n] = o.post(paths[n%len(paths)], nil) })
	}
	all.Wait()
	won := 0
	for _, a := range answers {
		switch a.status {
		case http.StatusCreated:
			won++
		case http.StatusConflict, http.StatusServiceUnavailable, http.StatusTooManyRequests:
		default:
			t.Errorf("one was answered %d: %s", a.status, a.body)
		}
	}
	active := 0
	for _, path := range paths {
		var u externalUser
		o.get(strings.TrimSuffix(path, "/make-internal")).is(200).into(&u)
		if u.Status == "active" {
			active++
		}
	}
	if n := len(o.colleagues()); won != 1 || n != agency.MaxMembers || active != len(paths)-1 {
		t.Errorf("%d were answered with a member, %d work there, and %d are clients still", won, n, active)
	}
}
