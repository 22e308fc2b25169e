package apitest_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

type warned struct {
	ID, Email, Status string
	Warnings          []struct{ Location, Code, Message, Suggestion string }
}

// TestFS8NobodyInvitesOneself: the caller's own address, however it is written, and that of the key's maker, in the API and on
// the page, where an invite is made, previewed or approved, and where members are added.
func TestFS8NobodyInvitesOneself(t *testing.T) {
	p := start(t)
	me := p.address("own.er+x")
	p.signIn(owner).add(me, "owner")
	p.skipMails(me)
	o := p.signIn(me)
	program := p.program(o.key("CRM "+p.run, "invites:read", "invites:write").Secret)
	production := named(t, o.things("instances"), "Acme production").ID
	before := len(p.mails(me))
	for _, written := range []string{me, strings.ToUpper(me), " " + me + " ", "Me <" + me + ">", me + "."} {
		for whose, c := range map[string]*caller{"This is your own address. Enter your client's.": o,
			"This is the address of the person who made this API key. Enter your client's.": program} {
			for _, path := range []string{"/v1/invites", "/v1/invites/preview"} {
				if f := c.post(path, m{"email": written}).says(422, "invalid", whose); f.at("email") != whose {
					t.Errorf("%s with %q: %+v", path, written, f)
				}
				// It is told with all else that is wrong, with the form and with what takes a look.
				f := c.post(path, m{"email": written, "message": strings.Repeat("x", 501), "grants": []m{
					{"resource": "ins_none", "access": "read"}, {"resource": production, "access": "read"}}}).fails(422, "invalid")
				if f.at("email") != whose || f.at("message") == "" || f.at("grants[0].resource") == "" || f.at("grants[1].resource") != "" {
					t.Errorf("%s with %q and more: %+v", path, written, f)
				}
			}
		}
		o.post("/clients", url.Values{"email": {written}, "message": {"Hello"}}).is(422).
			shows("This is your own address. Enter your client's.", "Hello")
		own := "This is your own address: you work here already. Enter somebody else's."
		if f := o.post("/v1/members", m{"email": written, "level": "admin"}).says(422, "invalid", own); f.at("email") != own {
			t.Errorf("adding %q: %+v", written, f)
		}
		o.post("/settings/members", do("add", url.Values{"email": {written}, "level": {"admin"}})).is(422).shows(own)
	}
	if n := len(p.mails(me)) - before; n != 0 {
		t.Errorf("%d mails came", n)
	}
	// Tags and dots stay distinct, and so is a colleague.
	o.invite(strings.Replace(me, "+x", "+y", 1))
	i, _ := p.asksFor(o, p.address("ops"), me)
	for whose, c := range map[string]*caller{"This is your own address. Enter your client's.": o,
		"This is the address of the person who made this API key. Enter your client's.": program} {
		if f := c.post("/v1/invites/"+i.ID+"/proposal/approve", nil).says(422, "invalid", whose); f.at("email") == "" {
			t.Errorf("approving: %+v", f)
		}
	}
	o.post("/clients/"+i.ClientID, do("proposal", url.Values{"answer": {"approve"}})).is(422).shows("This is your own address.")
	if o.look(i.ID).Status != "pending" {
		t.Error("the invite has changed")
	}
	p.signIn(owner).post("/v1/invites/"+i.ID+"/proposal/approve", nil).is(202) // another member may
}

// TestFS8ATypingErrorIsAskedAboutAndNotRefused.
func TestFS8ATypingErrorIsAskedAboutAndNotRefused(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	typed, meant := "ops-"+p.run+"@gmial.com", "ops-"+p.run+"@gmail.com"

	// The API warns, and sends.
	var preview, made warned
	o.post("/v1/invites/preview", m{"email": typed}).is(200).into(&preview)
	o.post("/v1/invites", m{"email": typed}, wait...).is(201).into(&made)
	if made.Email != typed || made.Status != "pending" {
		t.Errorf("the invite is %+v", made)
	}
	var read warned
	o.get("/v1/invites/" + made.ID).is(200).into(&read)
	for what, w := range map[string]warned{"preview": preview, "sent": made, "read": read} {
		if len(w.Warnings) != 1 || w.Warnings[0].Location != "email" || w.Warnings[0].Code != "typing_error" ||
			w.Warnings[0].Message != "Did you mean "+meant+"?" || w.Warnings[0].Suggestion != meant {
			t.Errorf("%s: %+v", what, w.Warnings)
		}
	}
	o.post("/v1/invites/"+made.ID+"/cancel", nil).is(200)
	for _, right := range []string{"mail.com", "gmx.com", "ymail.com", "hey.com", "aol.com", "gmx.net", "gmail.com", "client.example"} {
		o.post("/v1/invites/preview", m{"email": "ops@" + right}).is(200).into(&preview)
		if preview.Warnings == nil || len(preview.Warnings) != 0 {
			t.Errorf("%s: %+v", right, preview.Warnings)
		}
	}

	// The page asks, and keeps all that was typed.
	before := len(p.mails(typed))
	production := named(t, o.things("instances"), "Acme production").ID
	form := url.Values{"email": {typed}, "name": {"Acme Ltd"}, "message": {"Hello there"}, "payer": {"agency"}, "resource": {production},
		"access." + production: {"write"}, "key": {"00112233445566778899aabbccddeeff"}}
	a := o.post("/clients", do("send", form)).is(200).shows("Did you mean "+meant+"?", "Send invite to "+meant, "Send invite to "+typed,
		"Hello there")
	page := string(a.body)
	for _, kept := range []string{`value="` + typed + `"`, `value="Acme Ltd"`, `name="meant" value="` + meant + `"`,
		`name="meant" value="` + typed + `"`} {
		if !strings.Contains(page, kept) {
			t.Errorf("the page has no %s", kept)
		}
	}
	if !regexp.MustCompile(`name="resource" value="`+production+`"\s+checked`).MatchString(page) ||
		!regexp.MustCompile(`name="access.`+production+`" value="write"\s+checked`).MatchString(page) {
		t.Error("what was ticked is lost")
	}
	if n := len(p.mails(typed)) + len(p.mails(meant)); n != before {
		t.Errorf("%d mails went out before it was answered", n-before)
	}
	// An answer to what is not typed any more counts for nothing.
	form.Set("meant", "somebody@gmail.com")
	o.post("/clients", form).is(200).shows("Did you mean " + meant + "?")
	// One press takes it, …
	form.Set("meant", meant)
	at := o.post("/clients", form).is(303).header.Get("Location")
	o.get(at).is(200).shows(meant, "Acme Ltd")
	o.post("/clients", form).is(303).has("Location", at) // pressed twice
	// … and one sends it as typed.
	form.Set("meant", typed)
	at = o.post("/clients", form).is(303).header.Get("Location")
	o.get(at).is(200).shows(typed, "Acme Ltd")
	if len(p.mails(meant)) != 1 || len(p.mails(typed)) != before+1 {
		t.Errorf("mails: %d to %s, %d to %s", len(p.mails(meant)), meant, len(p.mails(typed)), typed)
	}
}

// TestFS8TheOtherFormsAskToo: where a code goes, where a member is added, and where another address is proposed.
func TestFS8TheOtherFormsAskToo(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	typed, meant := "dana-"+p.run+"@hotnail.com", "dana-"+p.run+"@hotmail.com"
	ask := "Did you mean " + meant + "?"

	// A code is sent as typed, and the page says what was probably meant, which one press takes.
	for path, form := range map[string]url.Values{"/sign-in": do("code", url.Values{"email": {typed}}),
		"/sign-up": do("sign-up", url.Values{"email": {typed}, "name": {"Fresh " + p.run}, "key": {"00112233445566778899aabbccddeeff"}})} {
		c := p.nobody()
		at := c.post(path, form).is(303).header.Get("Location")
		c.get(at).is(200).shows(ask, "Email a code to "+meant)
		form.Set("email", meant)
		at = c.post(path, form).is(303).header.Get("Location")
		c.get(at).is(200).hides("Did you mean").shows(meant)
		p.advance(30 * time.Second)
	}
	var asked warned
	p.nobody().post("/v1/sign-in-codes", m{"email": typed}).is(202).into(&asked)
	if len(asked.Warnings) != 1 || asked.Warnings[0].Suggestion != meant {
		t.Errorf("a code: %+v", asked.Warnings)
	}

	// Whoever is added has rights at once, so that it is asked first.
	p.skipMails(typed)
	form := do("add", url.Values{"email": {"Dana Reyes <" + typed + ">"}, "level": {"owner"}})
	o.post("/settings/members", form).is(200).shows(ask, "Add "+meant, "Add "+typed)
	for _, who := range o.colleagues() {
		if who.Email == typed || who.Email == meant {
			t.Errorf("%+v is a member before it was answered", who)
		}
	}
	form.Set("meant", meant)
	o.post("/settings/members", form).is(303)
	found := false
	for _, who := range o.colleagues() {
		found = found || who.Email == meant && who.Name == "Dana Reyes" && who.Level == "owner"
	}
	if !found {
		t.Errorf("the members are %+v", o.colleagues())
	}
	var added warned
	o.post("/v1/members", m{"email": typed, "level": "admin"}).is(201).into(&added)
	if added.Email != typed || len(added.Warnings) != 1 || added.Warnings[0].Suggestion != meant {
		t.Errorf("a member: %+v", added)
	}

	i := o.invite(p.address("ops"))
	at := "/i/" + p.nextToken(i.Email)
	form = do("propose", url.Values{"email": {typed}})
	p.nobody().post(at, form).is(200).shows(ask, "Propose "+meant, "Propose "+typed)
	if c := o.readClient(i.ClientID); c.Proposal != nil {
		t.Errorf("%s is proposed before it was answered", *c.Proposal)
	}
	form.Set("meant", meant)
	p.nobody().post(at, form).is(303)
	if c := o.readClient(i.ClientID); c.Proposal == nil || *c.Proposal != meant {
		t.Errorf("proposed is %v", c.Proposal)
	}
}

// TestFS3WhatIsNoIDInAGrantIsSaidAtItsField, each at its own, with what else is wrong.
func TestFS3WhatIsNoIDInAGrantIsSaidAtItsField(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	production := named(t, o.things("instances"), "Acme production").ID
	for kind, bad := range noIDs {
		if kind == "not UTF-8" {
			continue // no JSON
		}
		for _, path := range []string{"/v1/invites", "/v1/invites/preview"} {
			f := o.post(path, m{"email": p.address("ops"), "grants": []m{{"resource": production, "access": "read"},
				{"resource": bad, "access": "read"}, {"resource": bad, "access": "all"}}}).fails(422, "invalid")
			if f.at("grants[0].resource") != "" || f.at("grants[1].resource") == "" || f.at("grants[2].resource") == "" ||
				f.at("grants[2].access") == "" {
				t.Errorf("%s, %s: %+v", path, kind, f)
			}
		}
		o.post("/clients", url.Values{"email": {p.address("ops")}, "resource": {bad}}).is(422).
			shows("You have no instance or service with this id.")
	}
}
