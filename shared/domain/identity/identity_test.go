package identity_test

import (
	"testing"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
)

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	owner := identity.Place{Level: agency.Owner, Portal: agency.Administrator}
	member := (&identity.Session{User: "u", Agency: "ag_1", Member: "mb_1"}).Person().At(owner)
	client := (&identity.Session{User: "u"}).Person()
	key := (&identity.APIKey{ID: "key_1", Agency: "ag_1", CreatedBy: "mb_1", Scopes: []identity.Scope{identity.InvitesRead}}).Program().
		At(owner)
	// One that claims the scope of people is still no person.
	odd := (&identity.APIKey{ID: "key_1", Agency: "ag_1", Scopes: []identity.Scope{""}}).Program().At(owner)
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
		{"a member whose place nobody has looked up", member.At(identity.Place{}), identity.InvitesWrite, fault.Forbidden},
		{"a key within its scopes", key, identity.InvitesRead, ""},
		{"a key outside of them", key, identity.InvitesWrite, fault.Forbidden},
		{"a key, for people", key, "", fault.StepUpRequired},
		{"a key with an empty scope, for people", odd, "", fault.StepUpRequired},
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

// TestFL15FL16FL17WhatEachPlaceMayInThePortal asks for every right as every kind of member.
func TestFL15FL16FL17WhatEachPlaceMayInThePortal(t *testing.T) {
	t.Parallel()
	const no, none = fault.Forbidden, fault.NotFound
	lets, not := &agency.Agency{Portal: agency.Portal{EmployeesInvite: true}}, &agency.Agency{}
	for _, c := range []struct {
		name   string
		member agency.Member
		at     *agency.Agency
		// what Office, Colleague, See, Invite and Administer answer
		want [5]fault.Code
	}{
		{"an owner", agency.Member{Level: agency.Owner}, not, [5]fault.Code{}},
		{"an owner who was denied", agency.Member{Level: agency.Owner, Portal: agency.Denied}, not, [5]fault.Code{}},
		{"an admin", agency.Member{Level: agency.Admin}, not, [5]fault.Code{}},
		{"an admin who is an employee there", agency.Member{Level: agency.Admin, Portal: agency.PortalEmployee}, not,
			[5]fault.Code{"", "", "", no, no}},
		{"an admin who was denied", agency.Member{Level: agency.Admin, Portal: agency.Denied}, lets, [5]fault.Code{"", "", none, none, none}},
		{"an employee", agency.Member{Level: agency.Employee}, not, [5]fault.Code{no, "", "", no, no}},
		{"an employee who may invite", agency.Member{Level: agency.Employee}, lets, [5]fault.Code{no, "", "", "", no}},
		{"an employee who administers", agency.Member{Level: agency.Employee, Portal: agency.Administrator}, not,
			[5]fault.Code{no, "", "", "", ""}},
		{"an employee who was denied", agency.Member{Level: agency.Employee, Portal: agency.Denied}, lets,
			[5]fault.Code{no, "", none, none, none}},
	} {
		caller := (&identity.Session{User: "u", Agency: "ag_1", Member: "mb_1"}).Person().At(identity.PlaceOf(&c.member, c.at))
		for n, r := range []identity.Right{identity.Office, identity.Colleague, identity.See, identity.Invite, identity.Administer} {
			err := caller.MayPortal(identity.InvitesWrite, r)
			if (err == nil) != (c.want[n] == "") || err != nil && !fault.Is(err, c.want[n]) {
				t.Errorf("%s, asked for %q: %v", c.name, r, err)
			}
			if by := identity.ByPortal(identity.InvitesWrite, r).Admits(caller, time.Now()); (by == nil) != (err == nil) {
				t.Errorf("%s, by the declaration of %q: %v", c.name, r, by)
			}
		}
	}
	key := (&identity.APIKey{ID: "key_1", Agency: "ag_1", Scopes: []identity.Scope{identity.ClientsRead}}).Program().
		At(identity.Place{Level: agency.Owner, Portal: agency.Administrator})
	if err := key.MayPortal(identity.InvitesWrite, identity.Invite); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a key outside of its scopes: %v", err)
	}
}

// Nobody steps up to be told that they may not.
func TestSenderO8WhoMayIsDecidedBeforeTheStepUp(t *testing.T) {
	t.Parallel()
	now := time.Now()
	who := map[string]agency.Member{"owner": {Level: agency.Owner}, "admin": {Level: agency.Admin},
		"employee": {Level: agency.Employee, Portal: agency.Denied}}
	about := func(which string) func(string) string { return func(string) string { return which } }
	leaves := identity.ByColleague(identity.InPerson).Owners().OrThemselves("memberId").Stepped()
	for _, c := range []struct {
		of    string
		level string
		by    identity.Who
		want  fault.Code // of who has proved nothing for a while; who just has is let in where that is a step-up
	}{
		{"billing", "owner", identity.ByOwner(), fault.StepUpRequired},
		{"billing", "admin", identity.ByOwner(), fault.Forbidden},
		{"billing", "employee", identity.ByOwner(), fault.Forbidden},
		{"API keys", "admin", identity.BySteppedStaff(), fault.StepUpRequired},
		{"API keys", "employee", identity.BySteppedStaff(), fault.Forbidden},
		{"somebody else's place", "owner", leaves.Asked(about("mb_2")), fault.StepUpRequired},
		{"somebody else's place", "admin", leaves.Asked(about("mb_2")), fault.Forbidden},
		{"their own place", "employee", leaves.Asked(about("mb_1")), fault.StepUpRequired},
		{"nobody's place", "employee", leaves.Asked(about("")), fault.Forbidden},
		{"Client Portal", "employee", identity.ByPortal(identity.InPerson, identity.Manage).Stepped(), fault.NotFound},
		{"making internal", "admin", identity.ByPortal(identity.InPerson, identity.Administer).Owners().Stepped(), fault.Forbidden},
	} {
		m := who[c.level]
		caller := (&identity.Session{User: "u", Agency: "ag_1", Member: "mb_1"}).Person().At(identity.PlaceOf(&m, &agency.Agency{}))
		caller.Proved = now.Add(-identity.StepUpLasts - time.Minute)
		if err := c.by.Admits(caller, now); !fault.Is(err, c.want) {
			t.Errorf("%s, asked for by an %s a while ago: %v", c.of, c.level, err)
		}
		caller.Proved = now
		if err := c.by.Admits(caller, now); (err == nil) != (c.want == fault.StepUpRequired) {
			t.Errorf("%s, asked for by an %s: %v", c.of, c.level, err)
		}
	}
}
