package client_test

import (
	"testing"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
)

func TestAnEditionIsWhatPeopleEdit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	c, err := client.Begin(nil, "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB",
		client.Offer{Email: "ops@acme.example", Name: "Acme", Payer: invite.AgencyPays}, now)
	if err != nil {
		t.Fatal(err)
	}
	c.Invite.Status = invite.Pending
	first := c.Edition()
	c.Invite.Note(invite.Delivered, now, "")
	c.Version++
	if c.Edition() != first {
		t.Error("a mail that was delivered makes another edition")
	}
	if c.Rename("Acme") || c.Edition() != first {
		t.Error("the same name makes another edition")
	}
	if !c.Rename("Acme Ltd") || c.Edition() == first {
		t.Error("a new name makes no new edition")
	}
	second := c.Edition()
	if _, err := c.Grant(now, instance.Grant{Resource: "ins_01KC5R9V3M8Q2T4W6Y8A0C1E3G", Access: instance.Read}); err != nil {
		t.Fatal(err)
	}
	third := c.Edition()
	if _, err := c.Grant(now, instance.Grant{Resource: "ins_01KC5R9V3M8Q2T4W6Y8A0C1E3G", Access: instance.Write}); err != nil {
		t.Fatal(err)
	}
	if second == third || third == c.Edition() {
		t.Error("a grant, or another right, makes no new edition")
	}
	for _, edit := range []func(){
		func() { c.Invite.Roles = []id.Role{"rol_1"} }, func() { c.Invite.Roles = []id.Role{"rol_2"} },
		func() { c.Invite.AccessUntil = now.Add(time.Hour) },
	} {
		before := c.Edition()
		if edit(); c.Edition() == before {
			t.Error("what the invite will give, or for how long, makes no new edition")
		}
	}
	if err := c.MayChange(now); err != nil {
		t.Errorf("a pending client that the agency pays for cannot be changed: %v", err)
	}
	c.End(now, client.ByAgency)
	if c.MayChange(now) == nil {
		t.Error("one that was removed can be changed")
	}
}
