package identity_test

import (
	"testing"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
)

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	member := (&identity.Session{User: "u", Agency: "ag_1", Member: "mb_1"}).Person()
	client := (&identity.Session{User: "u"}).Person()
	key := (&identity.APIKey{ID: "key_1", Agency: "ag_1", CreatedBy: "mb_1", Scopes: []identity.Scope{identity.InvitesRead}}).Program()
	// One that claims the scope of people is still no person.
	odd := (&identity.APIKey{ID: "key_1", Agency: "ag_1", Scopes: []identity.Scope{""}}).Program()
	for _, c := range []struct {
		name   string
		caller identity.Caller
		scope  identity.Scope
		want   fault.Code
	}{
		{"nobody", identity.Caller{}, identity.InvitesRead, fault.Unauthenticated},
		{"nobody, for people", identity.Caller{}, "", fault.Unauthenticated},
		{"a client", client, identity.InvitesRead, fault.Forbidden},
		{"a client, for people", client, "", fault.Forbidden},
		{"a member", member, identity.InvitesWrite, ""},
		{"a member, for people", member, "", ""},
		{"a key within its scopes", key, identity.InvitesRead, ""},
		{"a key outside of them", key, identity.InvitesWrite, fault.Forbidden},
		{"a key, for people", key, "", fault.Forbidden},
		{"a key with an empty scope, for people", odd, "", fault.Forbidden},
	} {
		err := c.caller.May(c.scope)
		if (err == nil) != (c.want == "") || err != nil && !fault.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if key.SignedIn() || !client.SignedIn() || key.Actor() != "key_1" || member.Actor() != "mb_1" {
		t.Error("callers are taken for others")
	}
}
