package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFE1OnlyTheMaxPlanInvites(t *testing.T) {
	p := start(t)
	solo := p.signIn(soloOwner)
	solo.post("/v1/invites", m{"email": p.address("a")}).says(403, "plan_required", "Inviting clients needs the Max plan.")

	// The page says the same, and how to upgrade.
	solo.get("/clients").is(200).shows("Inviting clients needs the Max plan.", "upgrade").hides("Invite Client")
	solo.post("/clients", url.Values{"email": {p.address("a")}}).is(403).shows("Inviting clients needs the Max plan.")
	if n := len(p.mails(p.address("a"))); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}

func TestFE4AnEmailIsTheOnlyFieldThatIsNeeded(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for _, wrong := range []string{"", " ", "acme", "@acme.example", "ops@", "ops@acme", "ops acme@acme.example", "a@b@", "ops@-acme.example", "ops@acme..example",
		`"ops"@acme.example`, "ops@127.0.0.1", strings.Repeat("a", 65) + "@acme.example", "ops@" + strings.Repeat("a", 300) + ".example"} {
		f := o.post("/v1/invites", m{"email": wrong}).says(422, "invalid", "Enter a valid email address.")
		if f.at("email") != "Enter a valid email address." {
			t.Errorf("%q: nothing is said under the field: %+v", wrong, f.Errors)
		}
		if a := o.post("/clients",
			url.Values{"email": {wrong}}).is(422).shows("Enter a valid email address."); !strings.Contains(string(a.body),
			`id="email-wrong"`) {
			t.Errorf("%q: the sentence does not stand under the field", wrong)
		}
	}
	f := o.post("/v1/invites", m{}).fails(422, "invalid")
	if f.at("email") != "Enter a valid email address." {
		t.Errorf("without an email: %+v", f)
	}
	i := o.invite(" " + strings.ToUpper(p.address("ops")) + " ")
	if i.Email != p.address("ops") || i.Payer != "agency" || i.Status != "pending" || i.Order != nil || i.Grants == nil ||
		len(i.Grants) != 0 {
		t.Errorf("an invite by its email alone is %+v", i)
	}
	// Plus tags and dots stay distinct; a name in other letters is one domain with its A-labels.
	o.invite(strings.Replace(p.address("ops"), "@", "+tag@", 1))
	if i := o.invite("ops-" + p.run + "@bücher.example"); i.Email != "ops-"+p.run+"@xn--bcher-kva.example" {
		t.Errorf("the address became %q", i.Email)
	}
	if f := o.post("/v1/invites", m{"email": "jörg@acme.example"}).fails(422, "invalid"); !strings.Contains(f.at("email"),
		"plain letters") {
		t.Errorf("a local part outside ASCII is refused with %q", f.at("email"))
	}
}

func TestFE5AClientsNameIsOptional(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	named, bare, both := p.address("named"), p.address("bare"), p.address("both")
	if i := o.invite(named, m{"name": "  Acme   Ltd "}); i.Name != "Acme Ltd" {
		t.Errorf("the name is %q", i.Name)
	}
	if i := o.invite(bare); i.Name != "" || i.DisplayName != bare { // FH9: a name is a name
		t.Errorf("without a name it is %q and shown as %q, want the address to be shown", i.Name, i.DisplayName)
	}
	if i := o.invite("Bluefin GmbH <" + both + ">"); i.Name != "Bluefin GmbH" || i.Email != both {
		t.Errorf("name and address in one are %q and %q", i.Name, i.Email)
	}
	for to, want := range map[string]string{named: "Nora Lindqvist from Northwind Automations invited Acme Ltd to their client portal",
		bare: "Nora Lindqvist from Northwind Automations invited you to their client portal"} {
		if got := p.nextMail(to).Subject; !strings.HasSuffix(got, want) {
			t.Errorf("the subject is %q, want it to end in %q", got, want)
		}
	}
	o.get("/clients").is(200).shows("Acme Ltd", named, bare, "Bluefin GmbH")
}

func TestFE6FE13FE14FE15WhoPaysStandsOnTheInvite(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	instance := named(t, o.things("instances"), "Acme production").ID
	for payer, address := range map[string]string{"agency": p.address("we"), "client": p.address("they")} {
		if i := o.invite(address, m{"payer": payer}); i.Payer != payer || o.look(i.ID).Payer != payer {
			t.Errorf("asked for the payer %s, the invite has %s", payer, i.Payer)
		}
	}
	// FE15: with nothing ordered, acceptance is free: there is no payment in between.
	c := p.accept(p.address("they"))
	var portal struct {
		Access              string
		Instances, Services []thing
	}
	c.get("/v1/portal").is(200).into(&portal)
	if portal.Access != "full" || len(portal.Instances)+len(portal.Services) != 0 {
		t.Errorf("the portal of a client that ordered nothing is %+v", portal)
	}

	for field, body := range map[string]m{
		"payer":                   {"payer": "bank"},
		"order":                   {"payer": "agency", "order": m{"whatsapp": true}},
		"grants":                  {"payer": "client", "grants": []m{{"resource": instance, "access": "read"}}},
		"order.hosting.storageGb": {"payer": "client", "order": m{"hosting": m{"storageGb": 20}}},
	} {
		body["email"] = p.address("mix")
		if f := o.post("/v1/invites", body).fails(422, "invalid"); f.at(field) == "" {
			t.Errorf("%v names %+v, want %s", body, f.Errors, field)
		}
	}
	for name, order := range map[string]m{"hosting": {"hosting": m{"storageGb": 30}}, "whatsapp": {"whatsapp": true}} {
		i := o.invite(p.address(name), m{"payer": "client", "order": order})
		if i.Payer != "client" || i.Order == nil {
			t.Errorf("%s: %+v", name, i)
		}
	}
	// The form has both tabs.
	o.get("/clients?invite=new").is(200).shows("You Pay", "Ask Client to Pay")
}

func TestFE7FE8FE10ALinkGivesTheRightsThatWereChosen(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	instances, services := o.things("instances"), o.things("services")
	one, two, phone := named(t, instances, "Acme production"), named(t, instances, "Bluefin Logistics"),
		named(t, services, "WhatsApp support line")
	to := p.address("ops")
	i := o.invite(to,
		m{"grants": []m{{"resource": one.ID, "access": "read"}, {"resource": two.ID, "access": "write"},
			{"resource": phone.ID, "access": "write"}}})
	if len(i.Grants) != 3 {
		t.Fatalf("the invite has the grants %+v", i.Grants)
	}
	c := p.accept(to)
	var portal struct{ Instances, Services []thing }
	c.get("/v1/portal").is(200).into(&portal)
	if len(portal.Instances) != 2 || len(portal.Services) != 1 {
		t.Fatalf("the portal shows %+v", portal)
	}
	for _, want := range []struct{ id, access string }{{one.ID, "read"}, {two.ID, "write"}, {phone.ID, "write"}} {
		have := slices.Concat(portal.Instances, portal.Services)
		if k := slices.IndexFunc(have, func(x thing) bool { return x.ID == want.id }); k < 0 || have[k].Access != want.access ||
			have[k].URL == "" {
			t.Errorf("the portal does not show %s with the right to %s: %+v", want.id, want.access, have)
		}
	}
	c.get("/portal").is(200).shows("Acme production", "Bluefin Logistics", "WhatsApp support line", "Read-only.", "Read-write.")

	var seen struct {
		Status    string
		Resources []thing
	}
	o.get("/v1/clients/" + i.ClientID).is(200).into(&seen)
	if seen.Status != "active" || len(seen.Resources) != 3 || seen.Resources[0].Status == "" {
		t.Errorf("the agency sees %+v", seen)
	}
	for field, grants := range map[string][]m{
		"grants[0].access":   {{"resource": one.ID, "access": "admin"}},
		"grants[1].resource": {{"resource": one.ID, "access": "read"}, {"resource": one.ID, "access": "write"}},
		"grants[0].resource": {{"resource": "ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "access": "read"}},
	} {
		if f := o.post("/v1/invites", m{"email": p.address("x"), "grants": grants}).fails(422, "invalid"); f.at(field) == "" {
			t.Errorf("%v names %+v, want %s", grants, f.Errors, field)
		}
	}
}

func TestFE9OnlyActiveOrRunningInstancesCanBeLinked(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	all := o.things("instances")
	if len(all) != 8 {
		t.Fatalf("%d instances, want the seed's eight", len(all))
	}
	var linkable []string
	for _, x := range all {
		if up := x.Status == "active" || x.Status == "running"; up != x.Linkable {
			t.Errorf("%s is %s and linkable: %v", x.Name, x.Status, x.Linkable)
		}
		if x.Linkable {
			linkable = append(linkable, x.ID)
			continue
		}
		f := o.post("/v1/invites", m{"email": p.address("a"), "grants": []m{{"resource": x.ID, "access": "read"}}}).fails(422, "invalid")
		if !strings.Contains(f.at("grants[0].resource"), strings.ReplaceAll(x.Status, "_", " ")) {
			t.Errorf("%s is refused with %q", x.Name, f.at("grants[0].resource"))
		}
		o.post("/clients", url.Values{"email": {p.address("a")}, "resource": {x.ID}}).is(422).shows(x.Name + " is")
	}
	var listed []string
	for _, x := range o.things("instances?linkable=true") {
		listed = append(listed, x.ID)
	}
	if len(listed) != 5 || !slices.Equal(listed, linkable) {
		t.Errorf("linkable are %v, want %v", listed, linkable)
	}
	form := o.get("/clients?invite=new").is(200)
	form.shows("Link Instances", "Acme production", "Acme staging").shows("Delta onboarding is", "can't be shared right now")
	for _, x := range all {
		if offered := strings.Contains(string(form.body), `name="resource" value="`+x.ID+`"`); offered != x.Linkable {
			t.Errorf("%s is %s, and offered in the dialog: %v", x.Name, x.Status, offered)
		}
	}
	if solo := p.signIn(soloOwner); len(solo.things("instances"))+len(solo.things("services")) != 0 {
		t.Error("another agency sees instances")
	}
}

func TestFE12AClientWithNothingLinkedSeesAnEmptyPortal(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("bare"))
	c := p.accept(i.Email)
	c.get("/portal").is(200).shows("Nothing is shared with you yet")
	o.get("/clients/" + i.ClientID).is(200).shows("Portal only")
}

func TestFE18FE20FE21TheMailHoldsOneLinkAndComesFromThePlatform(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("ops")
	i := o.invite(to, m{"name": "Acme Ltd", "message": "Here are your\ntwo workflows."})
	mail := p.nextMail(to)
	secret := token(t, mail)
	if !strings.HasSuffix(mail.Links[0], "/i/"+secret) || strings.Count(mail.HTML, "<a ") != 1 || strings.Count(mail.Text, "://") != 1 {
		t.Errorf("the mail has other links than the one to accept: %v\n%s", mail.Links, mail.Text)
	}
	if !strings.Contains(mail.HTML, ">Accept Invitation</a>") || !strings.Contains(mail.Text, "Accept Invitation") {
		t.Error("the link does not read Accept Invitation in both parts")
	}
	if !strings.Contains(mail.From, "Northwind Automations via ") || strings.Contains(mail.From, "northwind.example") {
		t.Errorf("the mail comes from %s, want the agency by way of the platform", mail.From)
	}
	if reply := mail.Headers["Reply-To"]; !strings.Contains(reply, "northwind.example") {
		t.Errorf("answers go to %q, want the agency", reply)
	}
	for _, part := range []string{mail.Text, mail.HTML} {
		if !strings.Contains(part, "two workflows.") {
			t.Errorf("the message is missing in\n%s", part)
		}
	}
	if slices.Index(i.events(), "queued") != 0 || slices.Index(i.events(), "sent") != 1 {
		t.Errorf("the timeline is %v", i.events())
	}
	p.until("the delivery on the timeline", func() bool { return slices.Contains(o.look(i.ID).events(), "delivered") })

	// The secret goes to the mail and nowhere else.
	for _, path := range []string{"/v1/invites", "/v1/invites/" + i.ID, "/v1/clients", "/v1/clients/" + i.ClientID, "/clients",
		"/clients/" + i.ClientID} {
		o.get(path).is(200).hides("lki_", secret[4:])
	}
	// It is bound to this configuration: another client's is another.
	o.invite(p.address("other"))
	if other := p.nextToken(p.address("other")); other == secret {
		t.Error("two invites have one token")
	}
}

func TestFE19AMailThatCannotBeSentRollsTheInviteBack(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for n, address := range []string{"a@reject.example", "suppressed@reject.example"} {
		f := o.post("/v1/invites", m{"email": address}, wait...).fails(422, "mail_refused")
		if want := fmt.Sprintf("We couldn't email %s: %s. No invite was created.", address, f.Reason); f.Detail != want || f.Reason == "" ||
			f.at("email") != want {
			t.Errorf("%d: it says %q, want %q", n, f.Detail, want)
		}
	}
	// The form says it too, and keeps what was typed.
	o.post("/clients", url.Values{"email": {"b@reject.example"}, "name": {"Typed before"}}).is(422).
		shows("We couldn't email b@reject.example: ", ". No invite was created.", "10 of 10 invites left this hour")
	if a := o.post("/clients",
		url.Values{"email": {"b@reject.example"}, "name": {"Typed before"}}).is(422); !strings.Contains(string(a.body),
		`value="Typed before"`) {
		t.Error("what was typed is gone")
	}
	var list struct{ Items []json.RawMessage }
	o.get("/v1/clients").is(200).into(&list)
	if len(list.Items) != 0 {
		t.Errorf("%d clients remain", len(list.Items))
	}
	// All ten places in the hour are there.
	for n := range 10 {
		o.invite(fmt.Sprintf("good%d@client.example", n))
	}
	// Who does not wait reads the outcome from Location, for a day.
	p.advance(61 * time.Minute)
	var i invite
	a := o.post("/v1/invites", m{"email": "c@reject.example"}).is(202).into(&i)
	p.until("the refusal", func() bool { return o.look(i.ID).Status == "failed" })
	if found := o.look(i.ID); found.Reason == "" || a.header.Get("Location") != "/v1/invites/"+i.ID {
		t.Errorf("at %s stands %+v", a.header.Get("Location"), found)
	}
	o.get("/v1/clients/"+i.ClientID).fails(404, "not_found")
	// The address is free.
	o.post("/v1/invites", m{"email": "c@reject.example", "payer": "client"}, wait...).fails(422, "mail_refused")
}

func TestFE19ADomainThatTakesNoMailRollsTheInviteBack(t *testing.T) {
	notAsBuilt(t, "they ask the real DNS, which has no names that are made up")
	p := start(t)
	o := p.signIn(owner)
	for _, address := range []string{"a@nullmx.example", "a@nowhere.invalid"} {
		f := o.post("/v1/invites", m{"email": address}, wait...).fails(422, "mail_refused")
		if want := fmt.Sprintf("We couldn't email %s: %s. No invite was created.", address, f.Reason); f.Detail != want || f.Reason == "" {
			t.Errorf("it says %q, want %q", f.Detail, want)
		}
	}
}

func TestABounceEndsTheInviteAndFreesTheAddress(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite("bounce@simulator.amazonses.com")
	p.until("the bounce", func() bool { return o.look(i.ID).Status == "failed" })
	if found := o.look(i.ID); found.Reason == "" || !slices.Contains(found.events(), "bounced") {
		t.Errorf("after the bounce: %+v", found)
	}
	o.get("/clients/" + i.ClientID).is(200).shows("The invitation did not arrive.").hides("Invite pending")
	o.post("/v1/invites/"+i.ID+"/resend", nil).fails(409, "not_pending")
	secret := p.nextToken("bounce@simulator.amazonses.com")
	p.nobody().get("/v1/invitations/"+secret).fails(410, "invitation_gone")
	o.invite("bounce@simulator.amazonses.com")

	complained := o.invite("complaint@simulator.amazonses.com")
	p.until("the complaint", func() bool { return slices.Contains(o.look(complained.ID).events(), "complained") })
}

func TestAThrottledMailIsSentLater(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := "a-" + p.run + "@throttle.example"
	if i := o.invite(to); i.Status != "pending" {
		t.Errorf("the invite is %s", i.Status)
	}
	p.nextToken(to)
}

func TestFE25NobodyMakesAnAccountForTheClient(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("ops")
	o.invite(to)
	mail := p.nextMail(to)
	if strings.Contains(strings.ToLower(mail.Text), "password:") || !strings.Contains(mail.Text, "No password needed.") {
		t.Errorf("the mail speaks of a password:\n%s", mail.Text)
	}
	c := p.signIn(to) // the email is the credential
	// To sign in is not to accept.
	c.get("/v1/portal").fails(404, "not_found")
	c.get("/portal").is(200).shows("invited you")
	c.post("/v1/invitations/"+token(t, mail)+"/accept", nil).is(200)
	c.get("/v1/portal").is(200)
}

func TestFE28ResendMailsANewLink(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("ops")
	i := o.invite(to)
	first := p.nextToken(to)
	p.advance(61 * time.Second)
	var again invite
	o.post("/v1/invites/"+i.ID+"/resend", nil, wait...).is(200).into(&again).has("Preference-Applied", "wait=10").has("Location",
		"/v1/invites/"+i.ID)
	second := p.nextToken(to)
	if first == second {
		t.Error("both mails have one link")
	}
	if !again.ExpiresAt.After(i.ExpiresAt) || again.Status != "pending" || !slices.Contains(again.events(), "resent") {
		t.Errorf("sent again it is %+v", again)
	}
	p.nobody().get("/v1/invitations/"+first).says(410, "invitation_gone", "This invitation is no longer valid.")
	p.nobody().get("/v1/invitations/" + second).is(200)

	// From the client's page, too; and expired invites live again.
	p.advance(8 * 24 * time.Hour)
	p.nobody().get("/v1/invitations/"+second).fails(410, "invitation_expired")
	o = p.signIn(owner)
	if s := o.look(i.ID).Status; s != "expired" {
		t.Errorf("after eight days the invite is %s", s)
	}
	o.post("/clients/"+i.ClientID, do("resend", url.Values{})).is(303).has("Location", "/clients/"+i.ClientID+"?done=resent")
	third := p.nextToken(to)
	p.nobody().get("/v1/invitations/" + third).is(200)
	p.nobody().get("/v1/invitations/"+second).fails(410, "invitation_gone")
}

func TestFE29CancelledLinkIsGone(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for name, cancel := range map[string]func(invite){
		"api":  func(i invite) { o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200) },
		"form": func(i invite) { o.post("/clients/"+i.ClientID, do("cancel", url.Values{})).is(303) },
	} {
		to := p.address(name)
		i := o.invite(to)
		secret := p.nextToken(to)
		cancel(i)
		p.nobody().get("/v1/invitations/"+secret).says(410, "invitation_gone", "This invitation is no longer valid.")
		p.nobody().get("/i/" + secret).is(410).shows("This invitation is no longer valid.")
		if s := o.look(i.ID).Status; s != "canceled" {
			t.Errorf("the invite is %s", s)
		}
		c := p.signIn(to)
		c.post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_gone")
		o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200) // again is no fault
		o.post("/v1/invites/"+i.ID+"/resend", nil).fails(409, "not_pending")
		o.invite(to) // the address is free
	}
	i := o.invite(p.address("in"))
	p.accept(i.Email)
	o.post("/v1/invites/"+i.ID+"/cancel", nil).fails(409, "not_pending")
}

func TestFE30FE32PayerAndAddressStay(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	p.advance(61 * time.Second)
	const payer = "Cancel this invite and send a new one to change who pays."
	o.post("/v1/invites/"+i.ID+"/resend", m{"payer": "client"}).says(409, "payer_fixed", payer)
	o.post("/v1/invites", m{"email": i.Email, "payer": "client"}).says(409, "payer_fixed", payer)
	o.post("/clients", url.Values{"email": {i.Email}, "payer": {"client"}}).is(409).shows(payer)
	if f := o.post("/v1/invites/"+i.ID+"/resend", m{"email": p.address("new")}).fails(409, "email_fixed"); f.at("email") == "" {
		t.Errorf("the field is not named: %+v", f)
	}
	o.post("/v1/invites/"+i.ID+"/resend", m{"email": "nobody"}).fails(422, "invalid")
	o.post("/v1/invites", m{"email": i.Email}).fails(409, "already_invited")
	// Naming what it has is no change.
	o.post("/v1/invites/"+i.ID+"/resend", m{"payer": "agency", "email": strings.ToUpper(i.Email)}, wait...).is(200)

	// Cancel and invite again: with another payer.
	o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200)
	if again := o.invite(i.Email, m{"payer": "client"}); again.ID == i.ID || again.ClientID != i.ClientID {
		t.Errorf("the new invite is %s of %s, the old one was %s of %s", again.ID, again.ClientID, i.ID, i.ClientID)
	}
	p.accept(i.Email)
	o.post("/v1/invites", m{"email": i.Email}).fails(409, "already_client")
}

func TestFD5ABounceWhileTheSenderWaitsIsToldOnceAndTheSameWay(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	a := o.post("/v1/invites", m{"email": "bounce+" + p.run + "@simulator.amazonses.com"}, "Prefer", "wait=10")
	a.hides("No invite was created") // it was, and its mail went out
	if a.status != 201 {
		t.Fatalf("%d: %s", a.status, a.body)
	}
	var i invite
	a.into(&i)
	p.until("the bounce", func() bool { return o.look(i.ID).Status == "failed" })
	found := o.look(i.ID)
	if found.Reason == "" || !slices.Contains(found.events(), "bounced") || slices.Contains(found.events(), "failed") {
		t.Errorf("%+v", found)
	}
	o.get("/clients/" + i.ClientID).is(200).shows("bounce+" + p.run)
	o.get("/v1/clients?q=" + url.QueryEscape("bounce+"+p.run)).is(200).shows(i.ClientID)
	o.post("/v1/invites/"+i.ID+"/cancel", nil).is(409)
}
