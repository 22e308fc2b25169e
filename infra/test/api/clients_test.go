package apitest_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// person is a client as the API answers it.
type person struct {
	ID, Email, Name, DisplayName, Status, Reason, EndedBy string
	Resources                                             []thing
	Invite                                                invite
	Proposal                                              *string
	EndedAt, LastSeenAt                                   *time.Time
}

// sees is what is open to the client, by name and right.
func (c person) sees() []string {
	var all []string
	for _, r := range c.Resources {
		all = append(all, r.Name+" "+r.Access)
	}
	return all
}

// readClient reads a client.
func (c *caller) readClient(id string) person {
	c.t.Helper()
	var v person
	c.get("/v1/clients/" + id).is(200).into(&v)
	return v
}

func (c *caller) put(path string, body any, headers ...string) *answer {
	c.t.Helper()
	return c.do("PUT", path, body, headers...)
}

func (c *caller) patch(path string, body any, headers ...string) *answer {
	c.t.Helper()
	return c.do("PATCH", path, body, headers...)
}

// portal is what a client sees, by name and right.
func (c *caller) portal() []string {
	c.t.Helper()
	var v struct{ Instances, Services []thing }
	c.get("/v1/portal").is(200).into(&v)
	var all []string
	for _, r := range append(v.Instances, v.Services...) {
		all = append(all, r.Name+" "+r.Access)
	}
	return all
}

func TestFE12AccessIsGivenChangedAndTakenLater(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	all := o.things("instances")
	production, stopped := named(t, all, "Acme production"), thing{}
	for _, x := range all {
		if !x.Linkable {
			stopped = x
		}
	}
	line := named(t, o.things("services"), "WhatsApp support line")
	i := o.invite(p.address("ops"), m{"name": "Acme Ltd"})
	at := "/v1/clients/" + i.ClientID + "/grants/"

	// While the invite is out, it is the offer that changes: the portal has it after the acceptance.
	var c person
	o.put(at+production.ID, m{"access": "read"}).is(200).into(&c)
	o.put(at+line.ID, m{"access": "write"}).is(200)
	if want := []string{production.Name + " read"}; !slices.Equal(c.sees(), want) {
		t.Errorf("after the grant it is offered %v, want %v", c.sees(), want)
	}
	client := p.accept(i.Email)
	if want := []string{production.Name + " read", line.Name + " write"}; !slices.Equal(client.portal(), want) {
		t.Errorf("the portal has %v, want %v", client.portal(), want)
	}

	// Then it is the portal: every change counts with the next request. The same twice changes nothing.
	o.put(at+production.ID, m{"access": "write"}).is(200)
	o.put(at+production.ID, m{"access": "write"}).is(200)
	if want := []string{production.Name + " write", line.Name + " write"}; !slices.Equal(client.portal(), want) {
		t.Errorf("after the change the portal has %v, want %v", client.portal(), want)
	}
	o.delete(at + production.ID).is(204)
	if want := []string{line.Name + " write"}; !slices.Equal(client.portal(), want) {
		t.Errorf("after the revocation the portal has %v, want %v", client.portal(), want)
	}
	client.get("/portal").is(200).hides(production.Name)
	o.delete(at + production.ID).is(204)

	// What cannot be granted.
	if f := o.put(at+stopped.ID, m{"access": "read"}).fails(422, "invalid"); f.at("resourceId") == "" {
		t.Errorf("a resource that does not run: %+v", f)
	}
	if f := o.put(at+production.ID, m{"access": "all"}).fails(422, "invalid"); f.at("access") != "Choose read or write." {
		t.Errorf("a right that is none: %+v", f)
	}
	o.put(at+"ins_01KC5R9V3M8Q2T4W6Y8A0C1E3G", m{"access": "read"}).fails(404, "not_found")
	o.put(at+"nothing", m{"access": "read"}).fails(404, "not_found")
	o.put(at+production.ID, raw("{")).fails(400, "malformed")
	o.put(at+production.ID, raw(`{"access":"`+strings.Repeat("x", 256<<10)+`"}`)).fails(413, "too_large")
	solo := p.signIn(soloOwner)
	solo.put(at+production.ID, m{"access": "read"}).fails(404, "not_found")
	solo.delete(at+line.ID).fails(404, "not_found")

	// Neither can a client that pays, or one that is no more, be given anything.
	paying := o.invite(p.address("paying"), m{"payer": "client"})
	o.put("/v1/clients/"+paying.ClientID+"/grants/"+production.ID, m{"access": "read"}).fails(409, "not_active")
	o.delete("/v1/clients/"+paying.ClientID+"/grants/"+production.ID).fails(409, "not_active")
	if want := []string{line.Name + " write"}; !slices.Equal(client.portal(), want) {
		t.Errorf("in the end the portal has %v, want %v", client.portal(), want)
	}
}

func TestTwoWhoRenameAClientDoNotOverwriteEachOther(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"), m{"name": "Acme"})
	at := "/v1/clients/" + i.ClientID
	first := o.get(at).is(200).header.Get("ETag")
	if len(first) < 6 || first[0] != '"' {
		t.Fatalf("the ETag is %q", first)
	}
	var c person
	second := o.patch(at, m{"name": "  Acme   Ltd "}, "If-Match", first).is(200).into(&c).header.Get("ETag")
	if c.Name != "Acme Ltd" || second == first {
		t.Errorf("renamed to %q with the ETag %s", c.Name, second)
	}
	o.patch(at, m{"name": "Other"}, "If-Match", first).
		says(412, "changed_meanwhile", "Someone else changed this client since you opened it. Reload, then make your change.")
	o.patch(at, m{}, "If-Match", second).is(200).has("ETag", second)
	o.patch(at, m{"name": "Third"}, "If-Match", "*").is(200)
	o.patch(at, m{"name": ""}).is(200).into(&c)
	if c.Name != "" || c.DisplayName != i.Email {
		t.Errorf("without a name it is shown as %q, want its address", c.DisplayName)
	}
	for _, bad := range []string{"https://evil.example/x", "a\nb", strings.Repeat("x", 500)} {
		if f := o.patch(at, m{"name": bad}).fails(422, "invalid"); f.at("name") == "" {
			t.Errorf("the name %.20q: %+v", bad, f)
		}
	}
	o.patch(at, raw("{")).fails(400, "malformed")
	o.patch(at, raw(`{"name":"`+strings.Repeat("x", 256<<10)+`"}`)).fails(413, "too_large")
	o.patch("/v1/clients/cl_x", m{"name": "x"}).fails(404, "not_found")
	p.signIn(soloOwner).patch(at, m{"name": "x"}).fails(404, "not_found")

	// The form carries the edition that it was made from, and keeps what was typed.
	form := url.Values{"name": {"From the form"}, "edition": {"0000"}}
	o.post("/clients/"+i.ClientID, do("rename", form)).is(412).shows("Someone else changed this client")
	if !strings.Contains(string(o.post("/clients/"+i.ClientID, do("rename", form)).body), `value="From the form"`) {
		t.Error("what was typed is lost")
	}
	form.Del("edition")
	o.post("/clients/"+i.ClientID, do("rename", form)).is(303)
	if got := o.readClient(i.ClientID).Name; got != "From the form" {
		t.Errorf("by form it is named %q", got)
	}
}

func TestFE33TheAgencyEndsARelationship(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	production := named(t, o.things("instances"), "Acme production")
	i := o.invite(p.address("ops"), m{"name": "Acme Ltd", "grants": []m{{"resource": production.ID, "access": "write"}}})
	at := "/v1/clients/" + i.ClientID
	o.post(at+"/erase", nil).fails(409, "not_active")
	client := p.accept(i.Email)
	o.post(at+"/erase", nil).fails(409, "not_active")
	o.get("/clients/"+i.ClientID).is(200).shows("Your instances and services stay with you", "keep their sign-in", "Acme production")

	var c person
	o.delete(at).is(200).into(&c)
	if c.Status != "inactive" || len(c.Resources) != 0 || c.EndedBy != "agency" || c.EndedAt == nil {
		t.Errorf("removed, the client is %+v", c)
	}
	ended := *c.EndedAt
	o.delete(at).is(200).into(&c)
	if c.EndedAt == nil || !c.EndedAt.Equal(ended) {
		t.Errorf("removed twice, it ended at %v, want %v", c.EndedAt, ended)
	}
	// The portal is closed at once; the login stays the client's.
	client.get("/v1/portal").fails(404, "not_found")
	client.get("/v1/sessions/current").is(200)
	p.advance(30 * time.Second)
	p.signIn(i.Email)
	o.put(at+"/grants/"+production.ID, m{"access": "read"}).fails(409, "not_active")
	o.delete(at+"/grants/"+production.ID).fails(409, "not_active")
	o.get("/clients/"+i.ClientID).is(200).shows("You removed this client.", "Invite again")
	o.get("/clients?invite=new&again=" + i.ClientID).is(200)
	if !strings.Contains(string(o.get("/clients?invite=new&again="+i.ClientID).body), `value="`+i.Email+`"`) {
		t.Error("inviting again does not fill the address in")
	}

	// Invited again, it comes back with what is granted anew, and nothing of before.
	again := o.invite(i.Email)
	if again.ClientID != i.ClientID {
		t.Errorf("invited again, it is %s, before %s", again.ClientID, i.ClientID)
	}
	p.advance(30 * time.Second)
	client = p.accept(i.Email)
	if got := client.portal(); len(got) != 0 {
		t.Errorf("the portal of one that came back has %v", got)
	}

	// A pending one's invite dies with it, and its link.
	pending := o.invite(p.address("pending"))
	secret := p.nextToken(pending.Email)
	o.delete("/v1/clients/" + pending.ClientID).is(200).into(&c)
	if c.Status != "inactive" || c.Invite.Status != "canceled" {
		t.Errorf("a pending client that is removed is %s, its invite %s", c.Status, c.Invite.Status)
	}
	p.nobody().get("/v1/invitations/"+secret).fails(410, "invitation_gone")
	o.delete("/v1/clients/cl_x").fails(404, "not_found")
	p.signIn(soloOwner).delete(at).fails(404, "not_found")
}

func TestAnErasedClientIsForgotten(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"), m{"name": "Acme Ltd", "message": "Hello Dana"})
	client := p.accept(i.Email)
	at := "/v1/clients/" + i.ClientID
	o.delete(at).is(200)
	p.signIn(soloOwner).post(at+"/erase", nil).fails(404, "not_found")
	o.post(at+"/erase", nil).is(204)
	o.post(at+"/erase", nil).fails(404, "not_found")
	for _, path := range []string{at, "/v1/invites/" + i.ID, "/clients/" + i.ClientID} {
		o.get(path).is(404)
	}
	for _, path := range []string{"/v1/clients?limit=200", "/v1/invites?limit=200", "/clients"} {
		o.get(path).is(200).hides(i.Email, i.ClientID)
	}
	client.get("/v1/sessions/current").is(200) // the login is the client's

	// The address starts afresh: nothing of the first time is remembered, its id neither.
	p.advance(2 * time.Second)
	again := o.invite(i.Email)
	if again.ClientID == i.ClientID || again.DisplayName != i.Email || len(again.Timeline) == 0 || again.Timeline[0].Event != "queued" {
		t.Errorf("invited afresh it is %+v", again)
	}
}

func TestTheFormsOfAClientsPage(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	production := named(t, o.things("instances"), "Acme production")
	i := o.invite(p.address("ops"), m{"name": "Acme Ltd"})
	p.accept(i.Email)
	at := "/clients/" + i.ClientID

	o.get(at).is(200).shows("Add an instance or service", production.Name, "Share")
	o.post(at, do("access", url.Values{"resource": {production.ID}, "access": {"read"}})).is(303).has("Location", at+"?done=access")
	o.get(at+"?done=access").is(200).shows("Saved.", "Stop sharing "+production.Name+"?")
	// The right to change things can be taken back at once, without a script too.
	written := o.post(at, do("access", url.Values{"resource": {production.ID}, "access": {"write"}, "was": {"read"}})).is(303).
		header.Get("Location")
	o.get(written).is(200).shows("Acme Ltd can now switch workflows in "+production.Name+" on and off.", "Undo")
	o.get(at + "?done=written&undo=ins_x&was=read").is(200).hides("Undo</button>")
	if got := o.readClient(i.ClientID).sees(); !slices.Equal(got, []string{production.Name + " write"}) {
		t.Errorf("by form it sees %v", got)
	}
	o.post(at, do("access", url.Values{"access": {"read"}})).is(422).shows("Choose what to share with this client.")
	o.get(at + "?revoke=" + production.ID).is(200).shows("can no longer see or change")
	o.post(at, do("access", url.Values{"resource": {production.ID}, "access": {"none"}})).is(303)
	if got := o.readClient(i.ClientID).sees(); len(got) != 0 {
		t.Errorf("after the revocation it sees %v", got)
	}
	o.post(at, do("erase", url.Values{})).is(409).shows("still active")
	o.get(at + "?remove=ask").is(200).shows("Remove Acme Ltd?")
	o.post(at, do("remove", url.Values{})).is(303).has("Location", at+"?done=removed")
	o.post(at, do("access", url.Values{"resource": {production.ID}, "access": {"read"}})).is(409).shows("They aren't your client now.")
	o.get(at+"?erase=ask").is(200).shows("Delete Acme Ltd?", "Delete for good")
	o.post(at, do("erase", url.Values{})).is(303).has("Location", "/clients?done=erased")
	o.get("/clients?done=erased").is(200).shows("Client deleted.")
	o.post(at, do("remove", url.Values{})).is(404)
}

// tending are the operations by which an agency looks after its clients.
var tending = []string{"updateClient", "grantAccess", "revokeAccess", "removeClient", "eraseClient", "approveProposal", "refuseProposal",
	"previewInvite", "listActivity", "exportActivity"}

// tendClients does all that can be done for clients, by API and by form, with a person and with a key.
func tendClients(t *testing.T, p *product, o, program *caller) {
	t.Helper()
	answerProposals(t, p, o, program)
	production := named(t, o.things("instances"), "Acme production")
	p.advance(61 * time.Minute)
	i := o.invite("tended@client.example", m{"name": "Acme Ltd"})
	p.accept(i.Email)
	at, form := "/v1/clients/"+i.ClientID, "/clients/"+i.ClientID
	p.advance(61 * time.Minute)
	program.put(at+"/grants/"+production.ID, m{"access": "read"}).is(200)
	p.advance(61 * time.Minute)
	program.patch(at, m{"name": "Acme"}).is(200)
	o.post(form, do("rename", url.Values{"name": {"https://evil.example/"}})).is(422)
	p.advance(61 * time.Minute)
	program.delete(at + "/grants/" + production.ID).is(204)
	o.post(form, do("cancel", url.Values{})).is(409)
	o.post(form, do("rename", url.Values{"name": {"Acme Ltd"}})).is(303)
	o.post(form, do("access", url.Values{"resource": {production.ID}, "access": {"read"}})).is(303)
	o.post(form, do("access", url.Values{})).is(422)
	o.post(form, do("erase", url.Values{})).is(409)
	p.advance(61 * time.Minute)
	program.delete(at).is(200)
	p.advance(61 * time.Minute)
	o.post(at+"/erase", nil).is(204)

	i = o.invite("offered@client.example", m{"grants": []m{{"resource": production.ID, "access": "read"}}})
	o.delete("/v1/clients/" + i.ClientID).is(200)
	i = o.invite("formed@client.example", m{"grants": []m{{"resource": production.ID, "access": "read"}}})
	p.accept(i.Email)
	form = "/clients/" + i.ClientID
	o.post(form, do("remove", url.Values{})).is(303)
	o.post(form, do("erase", url.Values{})).is(303)

	reader := p.program(o.key("reader", "activity:read").Secret)
	for _, path := range []string{"/v1/activity", "/v1/activity/export"} {
		p.advance(61 * time.Minute)
		reader.get(path).is(200)
	}
	o.get("/activity").is(200)
	p.advance(61 * time.Minute)
	program.post("/v1/invites/preview", m{"email": "a@client.example"}).is(200)
	o.post("/clients", do("preview", url.Values{})).is(200)
}

// TestClientsAreTendedByTheAgencyAlone: nobody else, and nobody's page elsewhere.
func TestClientsAreTendedByTheAgencyAlone(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	client := p.accept(i.Email)
	reader := p.program(o.key("reader "+p.run, "clients:read").Secret)
	at := "/v1/clients/" + i.ClientID
	tries := map[string]func(*caller, ...string) *answer{
		"PATCH":  func(c *caller, h ...string) *answer { return c.patch(at, m{"name": "x"}, h...) },
		"PUT":    func(c *caller, h ...string) *answer { return c.put(at+"/grants/ins_x", m{"access": "read"}, h...) },
		"revoke": func(c *caller, h ...string) *answer { return c.delete(at+"/grants/ins_x", h...) },
		"DELETE": func(c *caller, h ...string) *answer { return c.delete(at, h...) },
		"erase":  func(c *caller, h ...string) *answer { return c.post(at+"/erase", nil, h...) },
	}
	for _, try := range tries {
		try(p.nobody()).fails(401, "unauthenticated")
		try(client).fails(403, "forbidden")
		if a := try(reader); strings.HasSuffix(a.what, "/erase") {
			a.fails(403, "step_up_required") // which no key does
		} else {
			a.fails(403, "forbidden")
		}
		try(o, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
	}
	for _, form := range []string{"rename", "access", "remove", "erase"} {
		p.nobody().post("/clients/"+i.ClientID, do(form, nil)).is(303).has("Location", "/sign-in")
		o.post("/clients/"+i.ClientID, do(form, nil), "Sec-Fetch-Site", "cross-site").is(403)
		client.post("/clients/"+i.ClientID, do(form, nil)).is(403)
	}
	if c := o.readClient(i.ClientID); c.Status != "active" || c.DisplayName != i.Email {
		t.Errorf("the client is %+v", c)
	}
}
