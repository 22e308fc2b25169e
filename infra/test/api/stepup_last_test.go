package apitest_test

import (
	"net/url"
	"strings"
	"testing"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/domain/identity"
)

// TestSenderO8NobodyStepsUpForWhatIsNotThere asks for what is somebody else's, and for what cannot be, with a sign-in of a while ago: who
// may is said first, on pages and by the API. Who may is asked for the step-up then.
func TestSenderO8NobodyStepsUpForWhatIsNotThere(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := start(t)
	l := p.leased(p.address("ops"))
	stranger, other := p.signIn(p.address("stranger")), p.shareOwner("elsewhere")
	_, token, buyer := l.o.paying(p.address("buyer"))
	p.advance(identity.StepUpLasts + 1)
	for _, c := range []*caller{l.o, l.c, stranger, other, buyer} {
		c.strict = true
	}
	agree, wish := do("agree", url.Values{"hash": {"x"}}), do("propose", url.Values{"to": {"agency"}, "interval": {"month"}})
	of := url.Values{"agency": {l.at}}

	// What is a client's own.
	stranger.post(l.mine, agree).is(404)
	stranger.post(l.mine, wish).is(404)
	stranger.post("/portal/payer/card", of).is(303).has("Location", l.mine+"&problem=not_found")
	stranger.post("/portal/billing", of).is(303).has("Location", "/portal?agency="+l.at+"&problem=not_found")
	stranger.post("/checkout/start", url.Values{"agency": {l.at}, "interval": {"month"}}).is(303).
		has("Location", "/checkout?agency="+l.at+"&problem=not_found")
	stranger.post("/v1/portal/payer-change", m{"agency": l.at, "to": "agency"}).fails(404, "not_found")
	stranger.post("/v1/portal/payer-change/agree", m{"agency": l.at, "hash": "x"}).fails(404, "not_found")
	stranger.post("/v1/portal/billing", m{"agency": l.at}).fails(404, "not_found")
	stranger.post("/v1/invitations/"+token+"/checkout", m{"interval": "month"}).fails(403, "wrong_account")
	l.c.post("/checkout/start", url.Values{"agency": {l.at}, "interval": {"month"}}).is(303).has("Location", "/checkout?agency="+l.at)
	l.c.post(l.mine, agree).is(307)
	l.c.post(l.mine, wish).is(307)
	l.c.post("/portal/payer/card", of).is(307)
	l.c.post("/portal/billing", of).is(307)
	l.c.post("/v1/portal/payer-change", m{"agency": l.at, "to": "agency"}).fails(403, "step_up_required")
	l.c.post("/v1/portal/payer-change/agree", m{"agency": l.at, "hash": "x"}).fails(403, "step_up_required")
	l.c.post("/v1/portal/billing", m{"agency": l.at}).fails(403, "step_up_required")
	buyer.post("/checkout/start", url.Values{"agency": {l.at}, "interval": {"month"}}).is(307)
	buyer.post("/v1/invitations/"+token+"/checkout", m{"interval": "month"}).fails(403, "step_up_required")

	// What an agency does about a client of its own.
	page := "/clients/" + l.which
	other.post(l.office, agree).is(404)
	other.post(l.office, wish).is(404)
	other.post(l.office+"/card", nil).is(303).has("Location", l.office+"?problem=not_found")
	other.post(page, do("erase", nil)).is(404)
	other.post(page, do("internal", nil)).is(404)
	other.post("/v1"+page+"/payer-change", m{"to": "agency"}).fails(404, "not_found")
	other.post("/v1"+page+"/payer-change/agree", m{"hash": "x"}).fails(404, "not_found")
	other.post("/v1"+page+"/erase", nil).fails(404, "not_found")
	l.o.post(page, do("erase", nil)).is(307)
	l.o.post("/v1"+page+"/erase", nil).fails(403, "step_up_required")
	l.o.post(l.office, agree).is(307)
	l.o.post(l.office, wish).is(307)
	l.o.post(l.office+"/card", nil).is(307)
	l.o.post("/v1"+page+"/payer-change", m{"to": "agency"}).fails(403, "step_up_required")
	l.o.post("/v1"+page+"/payer-change/agree", m{"hash": "x"}).fails(403, "step_up_required")
}

// TestSenderO8WhoMayNotEnterWithoutItIsNotAskedToStepUp has everybody but an owner by a mailed code try the owners' way in, with a sign-in
// of a while ago.
func TestSenderO8WhoMayNotEnterWithoutItIsNotAskedToStepUp(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "late")
	f.requires()
	at := "/sign-in/at/" + f.id
	admin, byPasskey, boss, stranger := p.fresh(f.third), p.fresh(f.second), p.fresh(f.at), p.signIn(p.address("stranger"))
	byPasskey.edits("way", "passkey")
	p.advance(identity.StepUpLasts + 1)
	for _, c := range []*caller{admin, byPasskey, boss, stranger} {
		c.strict = true
	}
	stranger.post(at, do("enter", nil)).is(404)
	admin.post(at, do("enter", nil)).is(403).shows("Only owners can enter without Okta")
	byPasskey.post(at, do("enter", nil)).is(403).shows("sign in with a code by email")
	boss.post(at+"?next=%2Fclients", do("enter", nil)).is(307).has("Location", "/step-up?to="+url.QueryEscape(at+"?next=%2Fclients"))
}

// TestSenderO8NoChoiceOfALanguageLosesTheForm: the page that carries a form offers no other language, whose choice is a form by itself.
func TestSenderO8NoChoiceOfALanguageLosesTheForm(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := start(t)
	o := p.shareOwner("speaks")
	p.advance(identity.StepUpLasts + 1)
	o.strict = true
	const offer = `name="do" value="language"`
	if !strings.Contains(string(o.get("/step-up?to=%2Faccount").is(200).body), offer) {
		t.Error("the page that carries nothing offers no language")
	}
	typed := do("add", url.Values{"email": {p.address("kim")}})
	at := o.post("/settings/members", typed).is(307).header.Get("Location")
	if strings.Contains(string(o.post(at, typed).is(200).body), offer) {
		t.Error("the page that carries a form offers what loses it")
	}
}
