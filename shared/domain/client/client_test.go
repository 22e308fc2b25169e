package client_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
)

const office id.Agency = "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"

var (
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	offer = client.Offer{
		Email: "ops@acme.example", Name: "Acme", Payer: invite.AgencyPays, Message: "Hello",
		Grants: []instance.Grant{{Resource: "ins_01KAM5Q0Z8W3RN6T0V4K2M9QXB", Access: instance.Read, Name: "Flows"}},
		From:   invite.Sender{AgencyName: "North"},
	}
)

func begin(t *testing.T, before *client.Client, o client.Offer, now time.Time) *client.Client {
	t.Helper()
	c, err := client.Begin(before, office, o, now)
	if err != nil {
		t.Fatal(err)
	}
	c.Invite.First(now, agency.Slot{})
	return c
}

func canceled(t *testing.T, c *client.Client, now time.Time) *client.Client {
	t.Helper()
	if err := c.Invite.Cancel(now); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheFirstOfferMakesTheRelationship(t *testing.T) {
	t.Parallel()
	c := begin(t, nil, offer, noon)
	ref := id.RefOf(office, offer.Email)
	if c.Ref() != ref || c.Invite.ID.Ref() != ref {
		t.Errorf("%s and %s do not lead to %s", c.ID, c.Invite.ID, ref)
	}
	if c.Email != offer.Email || c.Name != "Acme" || !c.Listed || c.Version != 0 || !c.CreatedAt.Equal(noon) || len(c.Grants) != 0 ||
		len(c.Earlier) != 0 {
		t.Errorf("got %+v", c)
	}
	i := c.Invite
	if !i.CreatedAt.Equal(noon) || !i.ExpiresAt.Equal(noon.Add(7*24*time.Hour)) || i.Message != "Hello" || i.From != offer.From ||
		i.Payer != invite.AgencyPays {
		t.Errorf("got %+v", i)
	}
	if d := cmp.Diff(offer.Grants, c.Open()); d != "" {
		t.Error(d)
	}
	if c.Access("ins_01KAM5Q0Z8W3RN6T0V4K2M9QXB") != "" {
		t.Error("what is offered is open before it is accepted")
	}
}

func TestAContractThatIsOutIsNotChanged(t *testing.T) {
	t.Parallel()
	other := offer
	other.Payer = invite.ClientPays
	accepted := func(t *testing.T) *client.Client {
		c := begin(t, nil, offer, noon)
		c.Invite.Status = invite.Pending
		if err := c.Accept(noon, offer.Grants, client.Ties{}); err != nil {
			t.Fatal(err)
		}
		return c
	}
	state := func(s invite.Status) func(*testing.T) *client.Client {
		return func(t *testing.T) *client.Client {
			c := begin(t, nil, offer, noon)
			c.Invite.Status = s
			return c
		}
	}
	last := noon.Add(invite.Lifetime - 1)
	for _, c := range []struct {
		name    string
		before  func(*testing.T) *client.Client
		offer   client.Offer
		at      time.Time
		code    fault.Code
		message string
	}{
		{"sending", state(invite.Sending), offer, last, fault.AlreadyInvited, words.Say(client.Invited)},
		{"pending", state(invite.Pending), offer, last, fault.AlreadyInvited, words.Say(client.Invited)},
		{"sending, another payer", state(invite.Sending), other, last, fault.PayerFixed, words.Say(client.PayerFixed)},
		{"pending, another payer", state(invite.Pending), other, last, fault.PayerFixed, words.Say(client.PayerFixed)},
		{"accepted", accepted, offer, noon, fault.AlreadyClient, words.Say(client.Accepted)},
		{"accepted, another payer, long ago", accepted, other, noon.Add(1000 * time.Hour), fault.AlreadyClient, words.Say(client.Accepted)},
		{"another address at the same place", func(t *testing.T) *client.Client {
			c := canceled(t, begin(t, nil, offer, noon), noon)
			c.Email = "other@acme.example"
			return c
		}, offer, last, fault.AlreadyInvited, words.Say(client.Invited)},
	} {
		before := c.before(t)
		kept := *before
		got, err := client.Begin(before, office, c.offer, c.at)
		if e := fault.As(err); got != nil || e == nil || e.Code != c.code || e.Message != c.message {
			t.Errorf("%s: %v, %v; want %s", c.name, got, err, c.code)
		}
		if d := cmp.Diff(kept, *before); d != "" {
			t.Errorf("%s: a refusal changes something: %s", c.name, d)
		}
	}
}

func TestWhatHasEndedGivesWayToANewOffer(t *testing.T) {
	t.Parallel()
	for _, s := range []invite.Status{invite.Canceled, invite.Failed, invite.Expired, invite.Pending, invite.Sending} {
		before := begin(t, nil, offer, noon)
		before.Invite.Status, before.Version = s, 7
		next := offer
		next.Payer, next.Name = invite.ClientPays, "Acme Ltd"
		now := noon.Add(invite.Lifetime) // live ones are over at this moment
		c := begin(t, before, next, now)
		if c.ID != before.ID || c.Version != 7 || !c.CreatedAt.Equal(noon) || c.Name != "Acme Ltd" || c.Invite.Payer != invite.ClientPays {
			t.Errorf("after %s: %+v", s, c)
		}
		if c.Invite.ID.Ref() != c.Ref() || c.Invite.ID <= before.Invite.ID || !c.Invite.ExpiresAt.Equal(now.Add(invite.Lifetime)) ||
			len(c.Invite.Tokens) != 0 {
			t.Errorf("after %s: %+v", s, c.Invite)
		}
		if len(c.Earlier) != 1 || c.Earlier[0].ID != before.Invite.ID || c.Earlier[0].Status != before.Invite.At(now) ||
			len(before.Earlier) != 0 {
			t.Errorf("after %s: remembered %+v", s, c.Earlier)
		}
	}
}

func TestInvitesInOneMomentHaveIdsOfTheirOwnThatSort(t *testing.T) {
	t.Parallel()
	c := begin(t, nil, offer, noon)
	var ids []id.Invite
	for range client.MaxEarlier + 3 {
		ids = append(ids, c.Invite.ID)
		c = begin(t, canceled(t, c, noon), offer, noon)
		if last := ids[len(ids)-1]; c.Invite.ID <= last || c.Invite.ID.Ref() != c.Ref() {
			t.Fatalf("%s comes after %s", c.Invite.ID, last)
		}
	}
	var kept []id.Invite
	for _, p := range c.Earlier {
		kept = append(kept, p.ID)
	}
	if d := cmp.Diff(ids[len(ids)-client.MaxEarlier:], kept); d != "" {
		t.Error("not the newest are remembered: ", d)
	}
}

func TestWhatWasRolledBackLeavesNothing(t *testing.T) {
	t.Parallel()
	c := begin(t, nil, offer, noon)
	c.Version = 1
	c.Invite.MailFailed(noon, "no mailbox")
	c.RollBack()
	if c.Listed {
		t.Fatal("an address that never got a mail is listed")
	}
	later := noon.Add(time.Minute)
	d := begin(t, c, offer, later)
	if !d.Listed || d.ID <= c.ID || d.ID.Ref() != c.Ref() || !d.CreatedAt.Equal(later) || len(d.Earlier) != 0 || d.Version != 1 {
		t.Errorf("got %+v", d)
	}
	e := begin(t, canceled(t, d, later), offer, later)
	e.Invite.MailFailed(later, "no mailbox")
	if e.RollBack(); !e.Listed {
		t.Error("what was there before is gone")
	}
}

func TestAClientHasWhatStandsWhenItAccepts(t *testing.T) {
	t.Parallel()
	c := begin(t, nil, offer, noon)
	c.Invite.Status = invite.Pending
	if err := c.Accept(noon.Add(invite.Lifetime), offer.Grants, client.Ties{}); !fault.Is(err, fault.Expired) || !c.AcceptedAt.IsZero() ||
		c.Grants != nil {
		t.Fatalf("accepted when it was over: %v", err)
	}
	standing := []instance.Grant{{Resource: "svc_01KAM5Q0Z8W3RN6T0V4K2M9QXB", Access: instance.Write}}
	if err := c.Accept(noon, standing, client.Ties{}); err != nil {
		t.Fatal(err)
	}
	if c.Access("svc_01KAM5Q0Z8W3RN6T0V4K2M9QXB") != instance.Write || c.Access("ins_01KAM5Q0Z8W3RN6T0V4K2M9QXB") != "" ||
		c.At(noon) != client.Active {
		t.Errorf("got %+v", c)
	}
	if d := cmp.Diff(standing, c.Open()); d != "" {
		t.Error(d)
	}
}

func TestTheListShowsWhereAnInviteIs(t *testing.T) {
	t.Parallel()
	for s, want := range map[invite.Status]client.Status{
		invite.Sending: client.Pending, invite.Pending: client.Pending, invite.Canceled: client.Inactive,
		invite.Expired: client.Inactive, invite.Failed: client.Inactive,
	} {
		c := begin(t, nil, offer, noon)
		c.Invite.Status = s
		if got := c.At(noon); got != want {
			t.Errorf("%s is shown as %s", s, got)
		}
		if got := c.At(noon.Add(invite.Lifetime)); got != client.Inactive {
			t.Errorf("%s is shown as %s when it is over", s, got)
		}
	}
}

func ExampleClient_DisplayName() {
	fmt.Println((&client.Client{Email: "ops@acme.example"}).DisplayName())
	fmt.Println((&client.Client{Email: "ops@acme.example", Name: "Acme"}).DisplayName())
	// Output:
	// ops@acme.example
	// Acme
}

func TestTwoInvitesWithinAMillisecondHaveIdsOfTheirOwn(t *testing.T) {
	t.Parallel()
	first := begin(t, nil, offer, noon)
	seen := map[id.Invite]bool{first.Invite.ID: true}
	c := first
	for range 3 {
		next := begin(t, canceled(t, c, noon), offer, noon.Add(300*time.Microsecond))
		if i := next.Invite; seen[i.ID] || !i.CreatedAt.After(c.Invite.CreatedAt) || !i.ExpiresAt.Equal(i.CreatedAt.Add(invite.Lifetime)) {
			t.Errorf("after %s: %s, made at %s, good until %s", c.Invite.ID, i.ID, i.CreatedAt, i.ExpiresAt)
		}
		seen[next.Invite.ID] = true
		if next.ID != first.ID || next.Earlier[len(next.Earlier)-1].ID != c.Invite.ID {
			t.Errorf("the relationship is %s, and remembers %v", next.ID, next.Earlier)
		}
		c = next
	}
}
