package apitest_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestX2AnInviteIsPreviewedAsTheClientWillSeeIt(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	production, line := named(t, o.things("instances"), "Acme production"), named(t, o.things("services"), "WhatsApp support line")
	draft := m{"email": "ops@acme.example", "name": "Acme Ltd", "message": "Hello Dana",
		"grants": []m{{"resource": production.ID, "access": "read"}, {"resource": line.ID, "access": "write"}}}
	type portal struct {
		Agency              struct{ Name string }
		Access              string
		Instances, Services []thing
		Invitation          struct {
			Email, Message, Standing string
			Grants                   []struct{ Name, Access string }
		}
	}
	var seen, real portal
	o.post("/v1/invites/preview", draft).is(200).into(&seen)
	if seen.Access != "full" || seen.Agency.Name != "Northwind Automations" || seen.Invitation.Message != "Hello Dana" ||
		seen.Invitation.Email != "ops@acme.example" || len(seen.Invitation.Grants) != 2 {
		t.Errorf("the preview is %+v", seen)
	}
	form := url.Values{"email": {"ops@acme.example"}, "name": {"Acme Ltd"}, "payer": {"agency"}, "resource": {production.ID, line.ID},
		"access." + line.ID: {"write"}}
	page := o.post("/clients", do("preview", form)).is(200).shows("Preview.", "This is what Acme Ltd sees after accepting.",
		"Nothing has been sent", production.Name, line.Name, "Read-only.", "Read-write.")
	armoured(t, page)
	if strings.Contains(string(page.body), `value="sign-out"`) {
		t.Error("the preview can sign the agency's person out")
	}
	// Nothing was made, mailed or counted.
	if n := len(p.mails("ops@acme.example")); n != 0 {
		t.Errorf("%d mails went out", n)
	}
	o.get("/clients").is(200).shows("Invite your first client")
	o.get("/clients?invite=new").is(200).shows("10 of 10 invites left", "Preview as this client")

	// What the client sees then is the same.
	o.invite("ops@acme.example", m{"name": "Acme Ltd", "grants": draft["grants"]})
	p.accept("ops@acme.example").get("/v1/portal").is(200).into(&real)
	if len(real.Instances) != 1 || real.Instances[0] != seen.Instances[0] || len(real.Services) != 1 ||
		real.Services[0] != seen.Services[0] || real.Access != seen.Access || real.Agency != seen.Agency {
		t.Errorf("the portal is %+v, its preview was %+v", real, seen)
	}

	// It works before an address is typed, and says what could not be sent either.
	o.post("/v1/invites/preview", m{"email": ""}).is(200)
	o.post("/clients", do("preview", url.Values{})).is(200).shows("your client", "Nothing is shared with you yet")
	if f := o.post("/v1/invites/preview", m{"email": "ops@"}).fails(422, "invalid"); f.at("email") != "Enter a valid email address." {
		t.Errorf("a wrong address: %+v", f)
	}
	o.post("/v1/invites/preview", m{"email": "a@b.example", "grants": []m{{"resource": "ins_x", "access": "read"}}}).fails(422, "invalid")
	o.post("/v1/invites/preview", m{"email": "a@b.example", "payer": "client", "order": m{"whatsapp": true}}).is(200)
	o.post("/v1/invites/preview", raw("{")).fails(400, "malformed")
	o.post("/v1/invites/preview", raw(`{"name":"`+strings.Repeat("x", 256<<10)+`"}`)).fails(413, "too_large")
	o.post("/clients", do("preview", url.Values{"email": {"ops@"}})).is(422).shows("There is nothing to preview yet",
		"Enter a valid email address.")
	p.nobody().post("/v1/invites/preview", draft).fails(401, "unauthenticated")
	p.program(o.key("x", "clients:read").Secret).post("/v1/invites/preview", draft).fails(403, "forbidden")
	o.post("/v1/invites/preview", draft, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
	p.nobody().post("/clients", do("preview", form)).is(303).has("Location", "/sign-in")
	o.post("/clients", do("preview", form), "Sec-Fetch-Site", "cross-site").is(403)
	if f := p.signIn(soloOwner).post("/v1/invites/preview", draft).fails(422, "invalid"); f.at("grants[0].resource") == "" {
		t.Errorf("another agency's instance: %+v", f)
	}
}
