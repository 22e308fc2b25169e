package identity_test

import (
	"strconv"
	"testing"
	"time"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// TestSenderO8OwnersAreToldOfPowersOnceADay walks through two days.
func TestSenderO8OwnersAreToldOfPowersOnceADay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	p := &identity.Powers{}
	if !p.Use("key_1", identity.RolesWrite, now) || p.Use("key_1", identity.RolesWrite, now) || !p.Use("key_1", identity.SenderWrite, now) {
		t.Error("what was used is noted once")
	}
	if all := p.Tell(now); all != nil {
		t.Errorf("told at once of %v", all)
	}
	now = now.Add(5 * time.Minute)
	if all := p.Tell(now); len(all) != 2 || !p.ToldAt.Equal(now) || !p.Due.IsZero() {
		t.Errorf("told of %v, %+v", all, p)
	}
	now = now.Add(time.Hour)
	if !p.Use("key_1", identity.RolesWrite, now) || !p.Due.Equal(p.ToldAt.Add(identity.PowersApart)) {
		t.Errorf("%+v", p)
	}
	if all := p.Tell(now.Add(22 * time.Hour)); all != nil {
		t.Errorf("told within a day of %v", all)
	}
	now = p.ToldAt.Add(identity.PowersApart)
	if all := p.Tell(now); len(all) != 1 {
		t.Errorf("told of %v", all)
	}
	if all := p.Tell(now.Add(48 * time.Hour)); all != nil {
		t.Errorf("told of %v", all)
	}
	for n := range 2 * identity.MaxPowers {
		p.Use(id.Key("key_"+strconv.Itoa(n)), identity.RolesWrite, now)
	}
	if len(p.Uses) != identity.MaxPowers {
		t.Errorf("%d are kept", len(p.Uses))
	}
}

// TestSenderO8PowerfulScopes lists them, so that a new one is thought about.
func TestSenderO8PowerfulScopes(t *testing.T) {
	t.Parallel()
	for _, s := range identity.Scopes() {
		want := s == identity.RolesWrite || s == identity.SenderWrite
		if s.Powerful() != want {
			t.Errorf("%s is powerful: %t", s, s.Powerful())
		}
	}
}
