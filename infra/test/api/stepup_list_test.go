package apitest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/domain/identity"
)

// steppedUp is what people step up for, by what the standard calls it (SENDER.md O8, P2, P7): operations, and forms of pages.
var steppedUp = map[string][]string{
	"billing": {"startPlanUpgrade", "openAgencyBilling", "startUpgradeForm", "startCheckout", "startCheckoutForm", "openBillingPortal",
		"openBillingForm", "proposePayerChange", "agreePayerChange", "proposePortalPayerChange", "agreePortalPayerChange"},
	"the sender's domain": {"updateSender", "updateDomain", "releaseDomain", "sendTestMail", "enableDomain", "disableDomain", "setSmtp",
		"removeSmtp", "testSmtp", "emailPage.label", "emailPage.test", "emailPage.enable", "emailPage.disable", "emailPage.sender",
		"emailPage.smtp", "emailPage.smtp-test", "emailPage.smtp-remove", "emailPage.release"},
	"API keys": {"createApiKey", "revokeApiKey", "keysPage.create", "keysPage.revoke"},
	"members": {"addMember", "updateMember", "removeMember", "makeInternal", "membersPage.add", "membersPage.change", "membersPage.remove",
		"clientPage.internal", "userPage.internal"},
	"linking": {"accountPage.disconnect", "beginPasskey", "addPasskey", "removePasskey", "accountPage.remove-passkey"},
	"erasing": {"eraseMe", "eraseClient", "deleteAgency", "accountPage.erase", "clientPage.erase", "agencyPage.delete"},
}

// asIs is what takes none though it stands beside what does.
var asIs = []string{
	"claimDomain", "checkDomain", "sendDomainRecords", "revokeDomainRecords", // claiming, and having others publish records
	"emailPage.claim", "emailPage.check", "emailPage.records", "emailPage.revoke", "emailPage.try",
	"updateBranding", "updateLogo", // what clients see
	"renamePasskey", "accountPage.rename-passkey", // what the person calls it
	"endAllSessions", "signOut", "accountPage.sign-out", "accountPage.end-sessions", "leavePortal", "accountPage.leave", // having less
	"confirmCheckout", // looks whether a payment has come
}

// TestSenderO8WhatTakesAStepUpIsWhatIsListed goes over all operations and forms.
func TestSenderO8WhatTakesAStepUpIsWhatIsListed(t *testing.T) {
	p := own(t, local.Options{})
	if p.local == nil || asBuilt != "" {
		t.Skip("this looks at the functions in the product's own process")
	}
	var want []string
	for _, all := range steppedUp {
		want = append(want, all...)
	}
	var have []string
	for _, x := range askable(t, p) {
		if x.who.StepUp {
			have = append(have, x.name)
			if x.who.Kind == identity.Staff && x.who.Scope != identity.InPerson && !x.who.Scope.Powerful() {
				t.Errorf("%s (%s): people step up for what any key may do", x.name, x.who)
			}
		}
	}
	for _, name := range slices.Sorted(slices.Values(want)) {
		if !slices.Contains(have, name) {
			t.Errorf("%s takes no step-up", name)
		}
	}
	for _, name := range slices.Sorted(slices.Values(have)) {
		if !slices.Contains(want, name) {
			t.Errorf("%s takes a step-up, and is not listed", name)
		}
	}
}

// TestSenderO8WhatStandsBesideItIsThoughtAbout looks at what changes something where there is something that takes a step-up: by its
// path, so that what comes new is listed one way or the other.
func TestSenderO8WhatStandsBesideItIsThoughtAbout(t *testing.T) {
	p := own(t, local.Options{})
	if p.local == nil || asBuilt != "" {
		t.Skip("this looks at the functions in the product's own process")
	}
	var listed []string
	for all := range maps.Values(steppedUp) {
		listed = append(listed, all...)
	}
	n := 0
	for at, op := range p.documented() {
		method, _, _ := strings.Cut(at, " ")
		beside := strings.HasSuffix(op.path, "/erase") || strings.HasSuffix(op.path, "/billing") || strings.Contains(op.path, "checkout")
		for _, area := range []string{"/v1/agency", "/v1/api-keys", "/v1/members", "/v1/sender", "/v1/me", "/v1/portal/leave"} {
			beside = beside || op.path == area || strings.HasPrefix(op.path, area+"/") ||
				area == "/v1/sender" && strings.HasPrefix(op.path, area)
		}
		if method == http.MethodGet || !beside {
			continue
		}
		n++
		if !slices.Contains(listed, op.OperationID) && !slices.Contains(asIs, op.OperationID) {
			t.Errorf("%s %s: does it take a step-up?", op.OperationID, at)
		}
	}
	for _, x := range askable(t, p) {
		page, _, form := strings.Cut(x.name, ".")
		if !form || !slices.Contains([]string{"emailPage", "keysPage", "membersPage", "accountPage", "agencyPage"}, page) {
			continue
		}
		n++
		if !slices.Contains(listed, x.name) && !slices.Contains(asIs, x.name) {
			t.Errorf("%s: does it take a step-up?", x.name)
		}
	}
	if n < 40 {
		t.Errorf("only %d stand beside", n)
	}
}

// TestSenderO8EachUseOfAPowerfulScopeIsInActivity uses each operation that has one, by a key, whatever comes of it.
func TestSenderO8EachUseOfAPowerfulScopeIsInActivity(t *testing.T) {
	p := start(t)
	o := p.ownerOnMax("powers")
	k := o.key("Powers", "roles:read", "roles:write", "sender:write", "agency:read")
	program := p.program(k.Secret)
	rows := func() (n int, last string) {
		var log struct {
			Items []struct {
				Actor  struct{ ID string }
				Action string
				Detail string
			}
		}
		b := o.get("/v1/activity?action=api_key.power_used&limit=200").is(200).body
		if err := json.Unmarshal(b, &log); err != nil {
			t.Fatal(err)
		}
		for _, x := range log.Items {
			if x.Actor.ID != k.ID {
				t.Errorf("%+v", x)
			}
		}
		if len(log.Items) > 0 {
			last = log.Items[0].Detail
		}
		return len(log.Items), last
	}
	used := 0
	for _, s := range identity.Scopes() {
		for at, op := range p.documented() {
			has := []identity.Scope{identity.RolesRead, identity.RolesWrite, identity.SenderWrite, identity.AgencyRead}
			if !strings.Contains(op.Who, string(s)) || !slices.Contains(has, s) {
				continue
			}
			method, _, _ := strings.Cut(at, " ")
			program.send(op, method, concrete(op.path))
			if s.Powerful() {
				used++
			}
			if n, last := rows(); n != used || s.Powerful() && last != string(s) {
				t.Errorf("%s of a key: %d uses are in Activity, the last of %q; want %d", op.OperationID, n, last, used)
				used = n
			}
		}
	}
	if used < 20 {
		t.Errorf("only %d operations have a powerful scope", used)
	}
	o.get("/activity?action=api_key").is(200).shows("Powers used the powerful permission roles:write")
	o.get("/settings/keys").is(200).shows("Powerful permissions", "Change the sender, its domain and its mail server", "Powerful").
		hides(`value="sender:write" checked`, `value="roles:write" checked`)
}
