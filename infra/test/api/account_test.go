package apitest_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// agencyOf is the agency that the caller's session acts for.
func (c *caller) agencyOf() string {
	c.t.Helper()
	var who struct{ Agency struct{ ID string } }
	c.get("/v1/sessions/current").is(200).into(&who)
	return who.Agency.ID
}

func TestFE33AClientLeavesAndKeepsItsSignIn(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"),
		m{"name": "Acme Ltd", "grants": []m{{"resource": named(t, o.things("instances"), "Acme production").ID, "access": "write"}}})
	me := p.accept(i.Email)
	at := o.agencyOf()
	me.get("/account").is(200).shows("Your account", i.Email, "Northwind Automations", "Client since", "This device")
	me.get("/account?leave="+at).is(200).shows("Leave the portal of Northwind Automations?", "They keep", "You keep", "You lose access")

	me.post("/v1/portal/leave", m{"agency": "ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"}).fails(404, "not_found")
	me.post("/v1/portal/leave", m{"agency": "x"}).fails(404, "not_found")
	p.nobody().post("/v1/portal/leave", m{"agency": at}).fails(401, "unauthenticated")
	o.post("/v1/portal/leave", m{"agency": at}).fails(404, "not_found") // who works there is no client
	me.post("/v1/portal/leave", m{"agency": at}).is(204)
	me.post("/v1/portal/leave", m{"agency": at}).is(204) // again is no fault

	// It is closed with the next request; the sign-in stays.
	me.get("/v1/portal").fails(404, "not_found")
	me.get("/v1/portal?agency="+at).fails(404, "not_found")
	me.get("/v1/sessions/current").is(200)
	me.get("/portal").is(200).shows("You have no portal right now", "Northwind Automations", "You left")
	me.get("/portal?agency="+at).is(404).shows("You left this portal", "Northwind Automations")
	me.get("/account").is(200).shows("Former portals", "You left")
	// The agency keeps its record, as inactive, and may invite the address again.
	var c struct {
		Name, Email, Status string
		Resources           []thing
	}
	o.get("/v1/clients/" + i.ClientID).is(200).into(&c)
	if c.Status != "inactive" || c.Email != i.Email || c.Name != "Acme Ltd" || len(c.Resources) != 0 {
		t.Errorf("the agency sees %+v", c)
	}
	p.advance(61 * time.Second)
	again := o.invite(i.Email)
	if again.ClientID != i.ClientID {
		t.Errorf("invited again, it is %s and was %s", again.ClientID, i.ClientID)
	}
	me.get("/portal").is(200).shows("You've been invited") // not before it accepts
	me.post("/v1/invitations/"+p.nextToken(i.Email)+"/accept", nil).is(200)
	me.get("/v1/portal").is(200)
	// By the page.
	me.post("/account", do("leave", url.Values{"agency": {at}})).is(303).has("Location", "/account?done=left")
	me.get("/account?done=left").is(200).shows("You've left the portal.")
	me.post("/account", do("leave", url.Values{"agency": {"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"}})).is(404)
}

func TestALinkThatWasAcceptedAndEnded(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := o.linkTo(p.address("ops"))
	me := p.signIn(i.Email)
	me.post("/v1/invitations/"+secret+"/accept", nil).is(200)
	me.post("/v1/portal/leave", m{"agency": o.agencyOf()}).is(204)
	// Its owner is told; to others it is as any dead link.
	if f := me.get("/v1/invitations/"+secret).fails(410, "invitation_gone"); !strings.Contains(f.Detail, "your access has since ended") {
		t.Errorf("its owner reads %q", f.Detail)
	}
	me.get("/i/"+secret).is(410).shows("Your access has ended", "Northwind Automations")
	me.post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_gone")
	for _, c := range []*caller{p.nobody(), p.signIn(p.address("other"))} {
		c.get("/v1/invitations/"+secret).says(410, "invitation_gone", "This invitation is no longer valid.")
		c.get("/i/" + secret).is(410).shows("This invitation is no longer valid.").hides("Northwind")
	}
}

func TestSigningOutEverywhereByBothWays(t *testing.T) {
	p := start(t)
	to := p.address("a")
	one := p.signIn(to)
	p.advance(30 * time.Second)
	two := p.signIn(to)
	if n := strings.Count(string(two.get("/account").is(200).body), `value="end-session"`); n != 1 {
		t.Errorf("%d other devices are listed, want one", n)
	}
	guarded(t, one.delete("/v1/sessions").is(204))
	two.get("/v1/sessions/current").fails(401, "unauthenticated")
	one.delete("/v1/sessions").fails(401, "unauthenticated")
	p.advance(30 * time.Second)
	one = p.signIn(to)
	p.advance(30 * time.Second)
	two = p.signIn(to)
	guarded(t, one.post("/account", do("end-sessions", url.Values{})).is(303).has("Location", "/sign-in?done=everywhere"))
	two.get("/account").is(303).has("Location", "/sign-in?next=%2Faccount")
	p.nobody().get("/sign-in?done=everywhere").is(200).shows("signed out on every device")
}

// exported is what a person takes along.
type exported struct {
	Email      string
	Sessions   []m
	Workplaces []struct {
		Agency      struct{ ID, Name string }
		Name, Level string
	}
	Portals []struct {
		Agency                          struct{ ID, Name string }
		ClientID, Name, Status, EndedBy string
		AcceptedAt, EndedAt             *time.Time
		Resources                       []thing
		Invite                          invite
		EarlierInvites                  []struct{ ID, Status string }
	}
}

func TestTheExportHoldsAllAndNoSecrets(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := o.linkTo(p.address("ops"),
		m{"name": "Acme Ltd", "message": "Welcome aboard.",
			"grants": []m{{"resource": named(t, o.things("instances"), "Acme production").ID, "access": "write"}}})
	me := p.signIn(i.Email)
	me.post("/v1/invitations/"+secret+"/accept", nil).is(200)
	p.nobody().get("/v1/me/export").fails(401, "unauthenticated")
	var e exported
	a := me.get("/v1/me/export").is(200).into(&e).has("Cache-Control", "no-store").hides(secret, me.cookie, "hash", "digest")
	if d := a.header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="my-data-2`) {
		t.Errorf("Content-Disposition: %s", d)
	}
	if e.Email != i.Email || len(e.Sessions) != 1 || len(e.Portals) != 1 || len(e.Workplaces) != 0 {
		t.Fatalf("it holds %+v", e)
	}
	x := e.Portals[0]
	if x.Agency.Name != "Northwind Automations" || x.ClientID != i.ClientID || x.Status != "active" || x.AcceptedAt == nil ||
		x.Name != "Acme Ltd" ||
		len(x.Resources) != 1 || x.Resources[0].Access != "write" || x.Invite.Message != "Welcome aboard." ||
		!slices.Contains(x.Invite.events(), "accepted") {
		t.Errorf("of the portal it holds %+v", x)
	}
	// Of one that was left, too; and of an agency that the person works at.
	me.post("/v1/portal/leave", m{"agency": x.Agency.ID}).is(204)
	me.get("/v1/me/export").is(200).into(&e)
	if x := e.Portals[0]; x.Status != "inactive" || x.EndedAt == nil || x.EndedBy != "client" {
		t.Errorf("of the portal that was left it holds %+v", x)
	}
	o.get("/v1/me/export").is(200).into(&e)
	if len(e.Workplaces) != 1 || e.Workplaces[0].Level != "owner" || len(e.Portals) != 0 {
		t.Errorf("the owner's is %+v", e)
	}
}

func TestErasingOneselfLeavesNothingButIDs(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := o.linkTo(p.address("ops"), m{"name": "Zenith Widgets"})
	me := p.signIn(i.Email)
	me.post("/v1/invitations/"+secret+"/accept", nil).is(200)
	p.nobody().delete("/v1/me").fails(401, "unauthenticated")
	// It takes a step-up.
	p.advance(10*time.Minute + time.Second)
	me.strict = true
	me.delete("/v1/me").fails(403, "step_up_required")
	me.get("/account?erase=ask").is(200).shows("Delete your data?")
	me.post("/account", do("erase", url.Values{"sure": {"yes"}})).is(307).has("Location", "/step-up?to=%2Faccount")
	me.get("/v1/portal").is(200)
	me = p.signIn(i.Email)
	p.advance(30 * time.Second)
	other := p.signIn(i.Email)
	me.post("/account", do("erase", url.Values{})).is(422).shows("Tick the box first")
	a := me.delete("/v1/me").is(204)
	if a.session() != "" || a.cookies[0].MaxAge >= 0 {
		t.Errorf("erasing set %s", a.header.Get("Set-Cookie"))
	}
	for _, c := range []*caller{me, other} {
		c.get("/v1/sessions/current").fails(401, "unauthenticated")
	}
	o.get("/v1/clients/"+i.ClientID).fails(404, "not_found")
	o.get("/v1/invites/"+i.ID).fails(404, "not_found")
	o.get("/clients").is(200).hides(i.Email, "Zenith Widgets")
	for pk, item := range p.everything() {
		if strings.Contains(item, i.Email) || strings.Contains(item, "Zenith Widgets") {
			t.Errorf("%s still holds %s", pk, item)
		}
	}
	// The log keeps its rows, which hold ids.
	kept := p.everything()
	left := 0
	for _, item := range kept {
		for _, action := range []string{"client.left", "client.erased", "invite.accepted"} {
			if strings.Contains(item, action) {
				left++
			}
		}
	}
	if left != 3 {
		t.Errorf("%d of three rows of the log are left", left)
	}
	// Whoever comes again begins afresh.
	p.advance(time.Minute)
	again := p.signIn(i.Email)
	var e exported
	again.get("/v1/me/export").is(200).into(&e)
	if len(e.Portals) != 0 {
		t.Errorf("it holds %+v", e)
	}
	next, secret := o.linkTo(i.Email)
	if next.ID == i.ID {
		t.Error("the same invite")
	}
	// By the page; an invitation that waits is declined where it can be known.
	again.post("/v1/invitations/"+secret+"/accept", nil).is(200)
	again.post("/v1/portal/leave", m{"agency": o.agencyOf()}).is(204)
	p.advance(61 * time.Second)
	_, waiting := o.linkTo(i.Email)
	again.post("/account", do("erase", url.Values{"sure": {"yes"}})).is(303).has("Location", "/sign-in?done=erased")
	p.nobody().get("/sign-in?done=erased").is(200).shows("Your data is deleted")
	p.nobody().get("/v1/invitations/"+waiting).fails(410, "invitation_gone")
	// An agency's only owner hands it over first.
	o = p.signIn(owner)
	o.delete("/v1/me").fails(409, "last_owner")
	o.post("/account", do("erase", url.Values{"sure": {"yes"}})).is(409).shows("You're the only owner of Northwind Automations.")
	o.get("/v1/clients").is(200)
}

func TestAClientOfSeveralSwitchesBetweenPortals(t *testing.T) {
	p := start(t)
	o, solo := p.signIn(owner), p.signIn(soloOwner)
	p.onMax(solo.agencyOf())
	to := p.address("ops")
	_, one := o.linkTo(to)
	_, two := solo.linkTo(to)
	me := p.signIn(to)
	me.post("/v1/invitations/"+one+"/accept", nil).is(200)
	me.get("/portal").is(200).shows("Northwind Automations").hides("switcher")
	me.post("/v1/invitations/"+two+"/accept", nil).is(200)
	me.get("/portal").is(200).shows("Choose a portal", "Northwind Automations", "Solo Studio")
	a := me.get("/portal?agency="+solo.agencyOf()).is(200).shows("What Solo Studio runs for you.", "Northwind Automations")
	var kept string
	for _, c := range a.cookies {
		if c.Name == "__Host-portal" && c.HttpOnly && c.Secure {
			kept = c.Value
		}
	}
	if kept != solo.agencyOf() {
		t.Fatalf("the choice is not kept: %v", a.cookies)
	}
	with := []string{"Cookie", "__Host-session=" + me.cookie + "; __Host-portal=" + kept}
	me.get("/portal", with...).is(200).shows("What Solo Studio runs for you.")
	me.get("/portal", "Cookie",
		"__Host-session="+me.cookie+"; __Host-portal=ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE").is(200).shows("Choose a portal")
	me.post("/v1/portal/leave", m{"agency": kept}).is(204)
	me.get("/portal", with...).is(200).shows("What Northwind Automations runs for you.")
	var portal struct{ Agency struct{ Name string } }
	me.get("/v1/portal").is(200).into(&portal)
	if portal.Agency.Name != "Northwind Automations" {
		t.Errorf("the portal is %+v", portal)
	}
	var all json.RawMessage
	me.get("/v1/me/export").is(200).into(&all)
}

func TestASuspendedAgencysPortalIsPausedAndComesBack(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	shown := named(t, o.things("instances"), "Acme production").ID
	i := o.invite(p.address("ops"), m{"grants": []m{{"resource": shown, "access": "write"}}})
	me := p.accept(i.Email)
	at := o.agencyOf()
	p.edit(at, "agency", "SET suspended = :t", map[string]types.AttributeValue{":t": &types.AttributeValueMemberN{Value: "1"}})
	var portal struct {
		Access    string
		Instances []thing
	}
	me.get("/v1/portal").is(200).into(&portal)
	if portal.Access != "inactive" || len(portal.Instances) != 0 {
		t.Errorf("the portal is %+v", portal)
	}
	me.get("/portal").is(200).shows("This portal is paused. Ask Northwind Automations when it opens again").hides("Acme production")
	me.get("/v1/portal/instances/"+shown).fails(403, "forbidden")
	p.edit(at, "agency", "REMOVE suspended", nil)
	me.get("/v1/portal").is(200).into(&portal)
	if portal.Access != "full" || len(portal.Instances) != 1 {
		t.Errorf("resumed, the portal is %+v", portal)
	}
	// Whose portal is paused may still leave, export and erase.
	p.edit(at, "agency", "SET suspended = :t", map[string]types.AttributeValue{":t": &types.AttributeValueMemberN{Value: "1"}})
	me.get("/v1/me/export").is(200)
	me.post("/v1/portal/leave", m{"agency": at}).is(204)
	me.delete("/v1/me").is(204)
}

func TestWhoWorksAtAnAgencyIsErasedFromItToo(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	const to = "second@northwind.example"
	o.post("/v1/members", m{"email": to, "name": "Second Person", "level": "owner"}).is(201)
	p.nextMail(to)
	second := p.signIn(to)
	k := second.key("theirs", "clients:read")
	program := p.program(k.Secret)
	program.get("/v1/clients").is(200)
	second.get("/account").is(200).shows("Where you work", "Northwind Automations", "Owner")
	second.delete("/v1/me").is(204)
	program.get("/v1/clients").fails(401, "unauthenticated")
	o.get("/v1/members").is(200).hides(to, "Second Person")
	for key, item := range p.everything() {
		if strings.Contains(item, to) || strings.Contains(item, "Second Person") {
			t.Errorf("%s still holds %s", key, item)
		}
	}
	o.get("/v1/clients").is(200)
}
