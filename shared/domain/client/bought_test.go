package client_test

import (
	"testing"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

var hosting = contract.Article{Product: contract.Hosting, StorageGB: 30}

// payer is a client that has bought hosting, and whose relationship has ended since.
func payer(t *testing.T, state subscription.State, items ...purchase.State) *client.Client {
	t.Helper()
	o := offer
	o.Payer, o.Grants, o.Contract = invite.ClientPays, nil, &contract.Contract{Lines: []contract.Line{{Article: hosting}}, At: noon}
	c := begin(t, nil, o, noon)
	if !c.AcceptPaid(noon, client.Ties{}) {
		t.Fatal("not accepted")
	}
	c.Payment = subscription.Subscription{State: state, Reference: "sub_1", Customer: "cus_1", PaidAt: noon}
	for _, s := range items {
		c.Items = append(c.Items,
			purchase.Item{Key: "si_1", Article: hosting, Resource: "ins_1", State: s, ReadyAt: noon, HeldAt: noon,
				Steps: []purchase.Step{{State: s, At: noon}}})
	}
	c.End(noon, client.ByAgency)
	return c
}

func TestWhatIsPaidForComesAlong(t *testing.T) {
	t.Parallel()
	before := payer(t, subscription.Active, purchase.Ready, purchase.Deleted)
	terms := before.Invite.Contract
	c := begin(t, before, offer, noon.Add(time.Hour))
	if c.Payment != before.Payment || c.Contract() != terms || c.Invite.Contract != nil || len(c.Items) != 1 || c.Items[0].Left {
		t.Errorf("%+v", c)
	}
	c.Invite.MailSent(noon.Add(time.Hour))
	if err := c.Accept(noon.Add(2*time.Hour), nil, client.Ties{}); err != nil || c.Access("ins_1") != instance.Write {
		t.Errorf("it has not what it owns: %+v, %v", c.Grants, err)
	}
	o := offer
	o.Contract = terms
	if _, err := client.Begin(before, office, o, noon); !fault.Is(err, fault.AlreadyClient) ||
		fault.As(err).Message != words.Say(client.StillPays) {
		t.Errorf("it is asked to pay twice: %v", err)
	}
	if _, err := client.Begin(payer(t, subscription.Canceled, purchase.Compensating), office, offer, noon); !fault.Is(err,
		fault.AlreadyClient) || fault.As(err).Message != words.Say(client.PayingBack) {
		t.Errorf("what is to be paid back is forgotten: %v", err)
	}
}

func TestWhatIsNotPaidForComesAlongHalted(t *testing.T) {
	t.Parallel()
	before := payer(t, subscription.Canceled, purchase.Suspended, purchase.Refunded)
	c := begin(t, before, offer, noon.Add(time.Hour))
	if c.Payment != (subscription.Subscription{Customer: "cus_1"}) || c.Contract() != nil || len(c.Items) != 1 || !c.Items[0].Left ||
		before.Items[0].Left {
		t.Errorf("%+v", c)
	}
	if c.Adopt(contract.Article{Product: contract.WhatsApp}, noon) != nil || c.Adopt(hosting, noon) == nil ||
		c.Adopt(hosting, noon) != nil {
		t.Error("the same article is taken up again, once")
	}
}

func TestWhatRemainsHasNoName(t *testing.T) {
	t.Parallel()
	if c := payer(t, subscription.Canceled, purchase.Deleted, purchase.Refunded); c.Remains(noon) != nil {
		t.Error("something remains, for nothing")
	}
	c := payer(t, subscription.Active, purchase.Ready)
	c.Invite.Note(invite.Opened, noon, "a word")
	rest := c.Remains(noon)
	if rest == nil || !rest.Erased() || rest.Name != "" || rest.Listed || len(rest.Invite.Timeline) != 0 || rest.Invite.Message != "" ||
		rest.Invite.ID != "" || rest.Ref() != c.Ref() {
		t.Fatalf("%+v", rest)
	}
	if rest.Items[0].State != purchase.Deleting || rest.Payment.Reference != "sub_1" || rest.Payment.Customer != "" ||
		!rest.Due().Equal(noon) || c.Items[0].State != purchase.Ready {
		t.Errorf("%+v", rest)
	}
	if _, err := client.Begin(rest, office, offer, noon); fault.As(err) == nil || fault.As(err).Message != words.Say(client.PayingBack) {
		t.Errorf("before its payment has ended: %v", err)
	}
	rest.Payment = subscription.Subscription{}
	next := begin(t, rest, offer, noon.Add(time.Minute))
	if next.ID == c.ID || next.Email != offer.Email || len(next.Earlier) != 0 || !next.Items[0].Left ||
		next.Items[0].State != purchase.Deleting {
		t.Errorf("%+v", next)
	}
	rest.Items[0].Gone(noon)
	if rest.Stands() || rest.Remains(noon) != nil || !rest.Due().IsZero() {
		t.Errorf("%+v", rest)
	}
}
