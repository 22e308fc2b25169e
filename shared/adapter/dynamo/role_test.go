package dynamo

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
)

func TestEverythingOfARoleIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := role.Role{ID: id.Role(some(t, "id")), Agency: id.Agency(some(t, "agency")), Name: some(t, "name"),
			Description: some(t, "about"), ExpiresAt: moment().Draw(t, "expires"), Active: rapid.Bool().Draw(t, "active"),
			EmployeesMayGive: rapid.Bool().Draw(t, "give"), CreatedAt: moment().Draw(t, "created"),
			Warned: rapid.IntRange(0, 2).Draw(t, "warned"), Version: rapid.IntRange(1, 99).Draw(t, "version")}
		for _, m := range many(t, "modules", rapid.SampledFrom([]role.Module{role.Contact, role.Tasks, role.Chat})) {
			if want.Rules == nil {
				want.Rules = role.Rules{}
			}
			texts := func(label string) []string { return many(t, label, rapid.StringN(1, 8, 20)) }
			want.Rules[m] = role.Lists{Fields: append(texts("fields"), "always"), Relations: texts("relations"), Actions: texts("actions"),
				Notices: texts("notices")}
		}
		got, err := readRole(&reader{item: writeRole(&want, want.Version)})
		if err != nil || !cmp.Equal(*got, want) {
			t.Fatalf("%v: %s", err, cmp.Diff(want, *got))
		}
	})
}

func TestNamesOfRolesThatReadTheSameAreOne(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{{"Clients", "clients"}, {"Clients", " CLIENTS "}, {"É", "e\u0301"}, {"A\u200bB", "ab"}} {
		if roleName(same[0]) != roleName(same[1]) {
			t.Errorf("%q and %q are two names", same[0], same[1])
		}
	}
	if roleName("Client") == roleName("Clients") {
		t.Error("two names are one")
	}
	if r := (role.Role{Active: true, ExpiresAt: now.Add(30 * 24 * time.Hour)}); writeRole(&r, 1)["due"] == nil {
		t.Error("an expiry is never looked after")
	}
	if r := (role.Role{ExpiresAt: now.Add(30 * 24 * time.Hour)}); writeRole(&r, 1)["due"] != nil {
		t.Error("what is off is looked after")
	}
}
