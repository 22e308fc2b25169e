package stripe_test

import (
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/payment"
)

// cardOf is a customer whose card was taken by a page that takes nothing else, and the card.
func (w *world) cardOf(number string) (customer, card string) {
	w.t.Helper()
	c := must(w.till.CreateCheckout(w.t.Context(), payment.CheckoutRequest{Card: true, IdempotencyKey: "setup." + number,
		Email: "bo@example.com", Reference: "pch_1", Metadata: map[string]string{"change": "pch_1"},
		SuccessURL: "https://portal.example.com/payer?card=1", CancelURL: "https://portal.example.com/payer"}))(w.t)
	if r := must(w.Pay(c.ID, standin.Card{Number: number}))(w.t); r.Status == "authenticate" {
		must(w.Confirm(c.ID, true))(w.t)
	}
	w.tick()
	c = must(w.till.Checkout(w.t.Context(), c.ID))(w.t)
	if c.Status != payment.CheckoutComplete || c.Card == "" || c.Customer == "" || c.Subscription != "" || c.Total.Minor != 0 {
		w.t.Fatalf("a card was taken: %+v", c)
	}
	return c.Customer, c.Card
}

func (w *world) begins(customer, card string, from time.Time) payment.Subscription {
	w.t.Helper()
	return must(w.till.Subscribe(w.t.Context(), payment.SubscribeRequest{IdempotencyKey: "sub." + card, Customer: customer, Card: card,
		Metadata: map[string]string{"change": "pch_1"}, Lines: []payment.Line{{PriceID: "price_hosting_10_month"}}, From: from}))(w.t)
}

func TestASubscriptionThatBeginsLaterChargesNothingBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer, card := w.cardOf(standin.CardGood)
	from := w.clock().Add(10 * 24 * time.Hour)
	s := w.begins(customer, card, from)
	if s.Status != payment.Trialing || !s.PeriodEnd().Equal(from) || s.Card != card || !s.Renews() {
		t.Fatalf("before it begins: %+v", s)
	}
	if again := w.begins(customer, card, from); again.ID != s.ID {
		t.Fatalf("the same request makes %s and %s", s.ID, again.ID)
	}
	last := must(w.till.LastPayment(t.Context(), s.ID))(t)
	if last.Intent != "" || !last.Until.Equal(from) {
		t.Fatalf("paid before it begins: %+v", last)
	}
	w.pass(10*24*time.Hour + time.Minute)
	if s = w.subscription(s.ID); s.Status != payment.Active || !s.PeriodEnd().After(from) {
		t.Fatalf("when it begins: %+v", s)
	}
	if last = must(w.till.LastPayment(t.Context(), s.ID))(t); last.Until.After(from) {
		t.Fatalf("paid while the bill is a draft: %+v", last)
	}
	w.pass(2 * time.Hour)
	if last = must(w.till.LastPayment(t.Context(), s.ID))(t); last.Intent == "" || !last.Until.Equal(s.PeriodEnd()) {
		t.Fatalf("not paid: %+v", last)
	}
}

func TestASubscriptionThatBeginsLaterMayFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer, card := w.cardOf(standin.CardFailsLater)
	s := w.begins(customer, card, w.clock().Add(24*time.Hour))
	w.pass(26 * time.Hour)
	if s = w.subscription(s.ID); s.Status != payment.PastDue {
		t.Fatalf("its card is refused: %+v", s)
	}
	owed := must(w.till.Owed(t.Context(), s))(t)
	if err := w.till.VoidInvoice(t.Context(), owed.Invoice); err != nil || owed.Invoice == "" {
		t.Fatal(owed, err)
	}
	if err := w.till.VoidInvoice(t.Context(), owed.Invoice); err != nil {
		t.Fatal("again:", err)
	}
	if s = w.subscription(s.ID); s.Status != payment.Active {
		t.Fatalf("what it asked for is void: %+v", s)
	}
	s = must(w.till.CancelSubscription(t.Context(), s.ID, false))(t)
	w.pass(30 * 24 * time.Hour)
	if last := must(w.till.LastPayment(t.Context(), s.ID))(t); last.Intent != "" {
		t.Fatalf("it was paid all the same: %+v", last)
	}
}

func TestASubscriptionThatBeginsLaterMayEndBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer, card := w.cardOf(standin.Card3DS)
	s := w.begins(customer, card, w.clock().Add(24*time.Hour))
	must(w.till.CancelAtPeriodEnd(t.Context(), s.ID, true))(t)
	if s = w.subscription(s.ID); s.Renews() {
		t.Fatalf("it ends before it begins: %+v", s)
	}
	w.pass(25 * time.Hour)
	if s = w.subscription(s.ID); s.Status != payment.Canceled {
		t.Fatalf("it has ended: %+v", s)
	}
	if err := w.till.VoidInvoice(t.Context(), s.LatestInvoice); !payment.Is(err, payment.Refused) {
		t.Fatal("what is paid is void:", err)
	}
}

func TestTheCardOfACustomerIsThatOfItsSubscription(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.CardGood)
	card := must(w.till.CardOf(t.Context(), s.Customer, s.ID))(t)
	if card == "" || card != s.Card {
		t.Fatalf("its card is %q, and that of the subscription %q", card, s.Card)
	}
	if _, err := w.till.Subscribe(t.Context(), payment.SubscribeRequest{IdempotencyKey: "x", Customer: s.Customer, Card: "pm_other",
		Lines: []payment.Line{{PriceID: "price_hosting_10_month"}}, From: w.clock().Add(time.Hour)}); !payment.Is(err, payment.Missing) {
		t.Fatal("a card of somebody else:", err)
	}
	customer, other := w.cardOf(standin.CardGood)
	if card := must(w.till.CardOf(t.Context(), customer, ""))(t); card != "" {
		t.Fatalf("a card that was taken for one thing is everything's: %s, %s", card, other)
	}
	if err := w.till.KeepCard(t.Context(), customer, card); !payment.Is(err, payment.Missing) {
		t.Fatal("a card of somebody else is kept:", err)
	}
	for _, keep := range []string{other, s.Card} { // of which the second is somebody else's, and is not looked at
		if err := w.till.KeepCard(t.Context(), customer, keep); err != nil {
			t.Fatal(err)
		}
		if card := must(w.till.CardOf(t.Context(), customer, ""))(t); card != other {
			t.Fatalf("the card that is kept is %q, want %q", card, other)
		}
	}
}
