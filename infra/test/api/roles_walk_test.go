package apitest_test

import (
	"net/http"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/domain/identity"
)

// TestPortalLK2WithoutRolesEveryModuleIsNotThere asks for everything that a role opens as a client without any, with Client Portal
// and without it; what every client has answers as before all the while.
func TestPortalLK2WithoutRolesEveryModuleIsNotThere(t *testing.T) {
	p := own(t, local.Options{})
	if p.local == nil || asBuilt != "" {
		t.Skip("this asks the functions in the product's own process")
	}
	o := p.signIn(owner)
	grants := []m{{"resource": named(t, o.things("instances"), "Acme production").ID, "access": "read"}}
	i := o.invite(p.address("ops"), m{"grants": grants})
	p.accept(i.Email)
	at := o.agencyOf()
	p.advance(time.Second)
	me := p.again(i.Email)
	had := map[string]told{}
	modules := 0
	for _, there := range []bool{false, true} {
		p.installs(at, there)
		for _, x := range askable(t, p) {
			if x.who.Kind != identity.Client {
				continue
			}
			got := x.hear(t, x.held, me())
			if x.who.Module != "" {
				modules++
				if got.status != http.StatusNotFound || !x.page && got.code != "not_found" {
					t.Errorf("%s (%s), installed %t: %d %s", x.name, x.who, there, got.status, got.code)
				}
				continue
			}
			before, ok := had[x.name]
			if !ok {
				had[x.name] = got
				continue
			}
			if got.status != before.status || got.code != before.code {
				t.Errorf("%s (%s) answers %d %s with Client Portal, and %d %s without", x.name, x.who, got.status, got.code, before.status,
					before.code)
			}
		}
	}
	if modules < 2 || len(had) < 8 {
		t.Errorf("only %d of modules and %d others were asked", modules, len(had))
	}
}
