package client_test

import (
	"slices"
	"testing"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
)

// begun is a client that was invited at noon, by the payer's way.
func begun(t *testing.T, payer invite.Payer) *client.Client {
	t.Helper()
	c, err := client.Begin(nil, "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB", client.Offer{Email: "ops@acme.example", Payer: payer}, noon)
	if err != nil {
		t.Fatal(err)
	}
	c.Invite.Status = invite.Pending
	return c
}

func joined(t *testing.T) *client.Client {
	t.Helper()
	c := begun(t, invite.AgencyPays)
	if err := c.Accept(noon, nil, client.Ties{}); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGrantAndRevokeReachWhatTheClientHasOrIsOffered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*client.Client{"offered": begun(t, invite.AgencyPays), "had": joined(t)} {
		g := instance.Grant{Resource: "ins_a", Access: instance.Read, Name: "A"}
		if before, err := c.Grant(noon, g); err != nil || before != "" || !slices.Equal(c.Open(), []instance.Grant{g}) {
			t.Errorf("%s: first: %q, %v, %v", name, before, err, c.Open())
		}
		g.Access = instance.Write
		if before, err := c.Grant(noon, g); err != nil || before != instance.Read || !slices.Equal(c.Open(), []instance.Grant{g}) {
			t.Errorf("%s: changed: %q, %v, %v", name, before, err, c.Open())
		}
		if before, err := c.Revoke(noon, "ins_b"); err != nil || before != "" || len(c.Open()) != 1 {
			t.Errorf("%s: another revoked: %q, %v", name, before, err)
		}
		if before, err := c.Revoke(noon, "ins_a"); err != nil || before != instance.Write || len(c.Open()) != 0 {
			t.Errorf("%s: revoked: %q, %v, %v", name, before, err, c.Open())
		}
	}
}

func TestAChangedOfferHasAnotherFingerprint(t *testing.T) {
	t.Parallel()
	c := begun(t, invite.AgencyPays)
	seen := map[string]bool{c.Invite.Offer(): true}
	for _, a := range []instance.Access{instance.Read, instance.Write} {
		if _, err := c.Grant(noon, instance.Grant{Resource: "ins_a", Access: a, Name: "A"}); err != nil {
			t.Fatal(err)
		}
		if f := c.Invite.Offer(); seen[f] || f != c.Invite.Offer() {
			t.Errorf("with %s: %s", a, f)
		} else {
			seen[f] = true
		}
	}
}

func TestAccessIsForClientsThatAreThere(t *testing.T) {
	t.Parallel()
	ended, canceled := joined(t), begun(t, invite.AgencyPays)
	ended.End(noon, client.ByAgency)
	canceled.End(noon, client.ByAgency)
	for name, c := range map[string]*client.Client{"ended": ended, "canceled": canceled, "asked to pay": begun(t, invite.ClientPays)} {
		if _, err := c.Grant(noon, instance.Grant{Resource: "ins_a", Access: instance.Read}); !fault.Is(err, fault.NotActive) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.Revoke(noon, "ins_a"); !fault.Is(err, fault.NotActive) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := joined(t)
	for n := range invite.MaxGrants {
		if _, err := full.Grant(noon, instance.Grant{Resource: id.Resource(rune('a' + n)), Access: instance.Read}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := full.Grant(noon, instance.Grant{Resource: "ins_more", Access: instance.Read}); !fault.Is(err, fault.Invalid) {
		t.Errorf("one too many: %v", err)
	}
}

func TestEitherSideEndsARelationshipOnce(t *testing.T) {
	t.Parallel()
	later := noon.Add(time.Hour)
	for _, by := range []client.Side{client.ByAgency, client.ByClient} {
		c := joined(t)
		if _, err := c.Grant(noon, instance.Grant{Resource: "ins_a", Access: instance.Read}); err != nil {
			t.Fatal(err)
		}
		if !c.End(later, by) || c.Joined() || c.At(later) != client.Inactive || len(c.Open()) != 0 || c.EndedBy != by ||
			!c.EndedAt.Equal(later) {
			t.Errorf("ended by %s: %+v", by, c)
		}
		if c.End(later.Add(time.Hour), client.ByAgency) || c.EndedBy != by {
			t.Error("ended twice")
		}
	}
	pending := begun(t, invite.AgencyPays)
	if !pending.End(later, client.ByAgency) || pending.Invite.Status != invite.Canceled || pending.At(later) != client.Inactive {
		t.Errorf("a pending one: %+v", pending.Invite)
	}
}

func TestWhoWasAClientCanBeInvitedAgain(t *testing.T) {
	t.Parallel()
	c := joined(t)
	offer := client.Offer{Email: c.Email, Payer: invite.AgencyPays}
	if _, err := client.Begin(c, c.Agency, offer, noon.Add(time.Hour)); !fault.Is(err, fault.AlreadyClient) {
		t.Fatalf("while it is one: %v", err)
	}
	c.End(noon.Add(time.Hour), client.ByClient)
	next, err := client.Begin(c, c.Agency, offer, noon.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if next.ID != c.ID || next.Joined() || !next.AcceptedAt.IsZero() || !next.EndedAt.IsZero() || next.EndedBy != "" ||
		len(next.Earlier) != 1 || next.Earlier[0].Status != invite.Accepted {
		t.Errorf("%+v", next)
	}
}

func TestAnInviteeDeclinesOrProposesWhileTheInviteIsLive(t *testing.T) {
	t.Parallel()
	c := begun(t, invite.AgencyPays)
	if err := c.Propose(noon, c.Email); !fault.Is(err, fault.Invalid) {
		t.Errorf("its own address: %v", err)
	}
	if err := c.Propose(noon, "pat@acme.example"); err != nil || c.Proposal == nil || c.Proposal.Address != "pat@acme.example" ||
		c.At(noon) != client.Pending {
		t.Errorf("another: %v, %+v", err, c.Proposal)
	}
	if err := c.Invite.Decline(noon, "not me"); err != nil || !c.Invite.WasDeclined() || c.Invite.Status != invite.Canceled ||
		c.Invite.Reason != "not me" || len(c.Invite.Tokens) != 0 {
		t.Errorf("declined: %v, %+v", err, c.Invite)
	}
	c.Invite.Note(invite.Delivered, noon.Add(-time.Second), "") // reported late
	if !c.Invite.WasDeclined() || c.Why(noon) != client.Declined || c.Invite.Latest().Name != invite.Declined {
		t.Errorf("after a late report it is %q, for %q", c.Invite.Latest().Name, c.Why(noon))
	}
	if err := c.Invite.Decline(noon, ""); !fault.Is(err, fault.Gone) {
		t.Errorf("a second time: %v", err)
	}
	if err := c.Propose(noon, "pat@acme.example"); !fault.Is(err, fault.Gone) {
		t.Errorf("after it: %v", err)
	}
	eager := begun(t, invite.AgencyPays)
	for range client.ProposalsPerDay {
		if err := eager.Propose(noon, "pat@acme.example"); err != nil {
			t.Fatal(err)
		}
	}
	if e := fault.As(eager.Propose(noon.Add(time.Hour), "sam@acme.example")); e == nil || e.Code != fault.RateLimited ||
		e.Retry != 23*time.Hour || eager.Proposal.Address != "pat@acme.example" {
		t.Errorf("a fourth in a day: %+v", e)
	}
	if err := eager.Propose(noon.Add(24*time.Hour), "sam@acme.example"); err != nil || eager.Proposal.Address != "sam@acme.example" {
		t.Errorf("a day later: %v", err)
	}
	late := begun(t, invite.AgencyPays)
	if err := late.Invite.Decline(noon.Add(invite.Lifetime), ""); !fault.Is(err, fault.Expired) {
		t.Errorf("after its time: %v", err)
	}
	dropped := begun(t, invite.AgencyPays)
	if err := dropped.Invite.Cancel(noon); err != nil || dropped.Invite.WasDeclined() {
		t.Errorf("what the agency cancelled was declined: %v", err)
	}
}
