package stripe_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
)

const month = 31 * 24 * time.Hour

func TestASubscriptionRenewsOnItsDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // subscribed on 31 January
	s := w.subscribed(standin.CardGood)
	var ends []string
	for range 4 {
		w.pass(s.PeriodEnd().Sub(w.now) + 2*time.Hour)
		s = w.subscription(s.ID)
		ends = append(ends, s.PeriodEnd().Format("2 Jan"))
	}
	if d := cmp.Diff([]string{"31 Mar", "30 Apr", "31 May", "30 Jun"}, ends); d != "" {
		t.Error(d)
	}
	if got := w.types(); !slices.Equal(got[:2], []string{"customer.subscription.updated", "invoice.paid"}) || len(got) != 8 {
		t.Errorf("%v", got)
	}
	if invoices := must(w.till.Invoices(t.Context(), s.Customer))(t); len(invoices) != 5 || s.LatestInvoice != invoices[0].ID {
		t.Errorf("%d invoices", len(invoices))
	}
}

func TestAYearIsPaidForByTheYear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.checkout(func(r *payment.CheckoutRequest) { r.Lines = []payment.Line{{PriceID: "price_max_year"}} })
	must(w.Pay(c.ID, standin.Card{Number: standin.CardGood}))(t)
	s := w.subscription(must(w.till.Checkout(t.Context(), c.ID))(t).Subscription)
	if !s.PeriodEnd().Equal(time.Date(2027, 1, 31, 9, 0, 0, 0, time.UTC)) || s.Items[0].Amount.String() != "€990.00" ||
		s.Items[0].Interval != payment.Year {
		t.Errorf("%+v", s)
	}
}

func TestALongSleepIsMadeUpFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.CardGood)
	w.pass(365 * 24 * time.Hour)
	if invoices := must(w.till.Invoices(t.Context(), s.Customer))(t); len(invoices) != 12 && len(invoices) != 13 {
		t.Errorf("%d invoices", len(invoices))
	}
	if s = w.subscription(s.ID); s.Status != payment.Active || !s.PeriodEnd().After(w.now) {
		t.Errorf("%+v", s)
	}
}

func TestARenewalFailsUntilItIsGivenUp(t *testing.T) {
	t.Parallel()
	for end, status := range map[string]payment.SubscriptionStatus{"canceled": payment.Canceled, "unpaid": payment.UnpaidStatus} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *standin.Options) { o.AfterRetries = end })
			s := w.subscribed(standin.CardGood)
			if err := w.FailRenewals(s.ID, true); err != nil {
				t.Fatal(err)
			}
			w.pass(28*24*time.Hour + time.Hour)
			if s = w.subscription(s.ID); s.Status != payment.PastDue || !s.Status.Serves() {
				t.Errorf("%+v", s)
			}
			if got := w.types(); !slices.Equal(got,
				[]string{"customer.subscription.updated", "invoice.payment_failed", "customer.subscription.updated"}) {
				t.Errorf("%v", got)
			}
			i := must(w.till.Invoice(t.Context(), s.LatestInvoice))(t)
			if i.Status != payment.InvoiceOpen || i.Attempts != 1 || !i.NextAttempt.Equal(w.now.Add(3*24*time.Hour)) ||
				i.Due.String() != "€48.00" {
				t.Errorf("%+v", i)
			}
			w.pass(15 * 24 * time.Hour)
			if s = w.subscription(s.ID); s.Status != status || s.Status.Serves() {
				t.Errorf("%+v", s)
			}
			if i = must(w.till.Invoice(t.Context(), i.ID))(t); i.Attempts != 4 || !i.NextAttempt.IsZero() {
				t.Errorf("%+v", i)
			}
			if p := must(w.till.LastPayment(t.Context(), s.ID))(t); !p.Succeeded || p.Invoice == i.ID {
				t.Errorf("the last payment is the first one: %+v", p)
			}
		})
	}
}

func TestAnotherCardMendsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.CardGood)
	w.FailRenewals(s.ID, true)
	w.pass(28*24*time.Hour + time.Hour)
	if s = w.subscription(s.ID); s.Status != payment.PastDue {
		t.Fatalf("%+v", s)
	}
	w.types()
	if err := w.ChangeCard(s.Customer, standin.CardGood); err != nil {
		t.Fatal(err)
	}
	w.pass(3 * 24 * time.Hour)
	if s = w.subscription(s.ID); s.Status != payment.Active {
		t.Errorf("%+v", s)
	}
	if got := w.types(); !slices.Equal(got, []string{"customer.subscription.updated", "invoice.paid", "customer.subscription.updated"}) {
		t.Errorf("%v", got)
	}
}

func TestARenewalThatIsAskedForIsBilledAndPaidNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.CardGood)
	w.pass(10 * 24 * time.Hour)
	w.types()
	first := s.LatestInvoice
	if err := w.Renew(s.ID); err != nil {
		t.Fatal(err)
	}
	now := w.now
	if s = w.subscription(s.ID); s.Status != payment.Active || s.LatestInvoice == first || s.PeriodEnd().Sub(now) < 27*24*time.Hour {
		t.Errorf("at %s: %+v", now, s)
	}
	w.FailRenewals(s.ID, true)
	if err := w.Renew(s.ID); err != nil {
		t.Fatal(err)
	}
	if s = w.subscription(s.ID); s.Status != payment.PastDue {
		t.Errorf("with a card that fails it is %+v", s)
	}
	w.Cancel(s.ID)
	if w.Renew(s.ID) == nil {
		t.Error("one that has ended renews")
	}
}

func TestAnOpenInvoiceIsPaidOnItsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.CardGood)
	w.FailRenewals(s.ID, true)
	w.pass(28*24*time.Hour + time.Hour)
	s = w.subscription(s.ID)
	if code := must(w.PayInvoice(s.LatestInvoice))(t); code != "generic_decline" {
		t.Errorf("%q", code)
	}
	w.ChangeCard(s.Customer, standin.CardGood)
	if code := must(w.PayInvoice(s.LatestInvoice))(t); code != "" {
		t.Errorf("%q", code)
	}
	if s = w.subscription(s.ID); s.Status != payment.Active {
		t.Errorf("%+v", s)
	}
}

func TestARenewalThatTheBankWantsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.Card3DSAlways)
	w.pass(28*24*time.Hour + time.Hour)
	if got := w.types(); !slices.Equal(got,
		[]string{"customer.subscription.updated", "invoice.payment_action_required", "invoice.payment_failed",
			"customer.subscription.updated"}) {
		t.Errorf("%v", got)
	}
	s = w.subscription(s.ID)
	if code := must(w.PayInvoice(s.LatestInvoice))(t); code != "" || w.subscription(s.ID).Status != payment.Active {
		t.Errorf("%q", code)
	}
}

func TestASubscriptionIsCanceled(t *testing.T) {
	t.Parallel()
	t.Run("at once, once or twice", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.subscribed(standin.CardGood)
		for range 2 {
			if s = must(w.till.CancelSubscription(t.Context(), s.ID, false))(t); s.Status != payment.Canceled || !s.EndedAt.Equal(w.now) {
				t.Errorf("%+v", s)
			}
		}
		w.pass(2 * month)
		if got := w.types(); !slices.Equal(got, []string{"customer.subscription.deleted"}) {
			t.Errorf("%v", got)
		}
		if _, err := w.till.CancelAtPeriodEnd(t.Context(), s.ID, true); !payment.Is(err, payment.Refused) {
			t.Errorf("it ends again: %v", err)
		}
		if _, err := w.till.CancelSubscription(t.Context(), "sub_none", false); !payment.Is(err, payment.Missing) {
			t.Error(err)
		}
	})
	t.Run("with a credit for the unused time", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.subscribed(standin.CardGood)
		w.pass(14 * 24 * time.Hour)
		must(w.till.CancelSubscription(t.Context(), s.ID, true))(t)
		invoices := must(w.till.Invoices(t.Context(), s.Customer))(t)
		if len(invoices) != 2 || invoices[0].Total.String() != "-€24.00" || !invoices[0].Due.IsZero() {
			t.Errorf("%+v", invoices)
		}
		if p := must(w.till.LastPayment(t.Context(), s.ID))(t); p.Amount.String() != "€48.00" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("when the period ends", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.subscribed(standin.CardGood)
		s = must(w.till.CancelAtPeriodEnd(t.Context(), s.ID, true))(t)
		if !s.CancelAtPeriodEnd || s.Status != payment.Active || !s.CancelAt.Equal(s.PeriodEnd()) || !s.CanceledAt.Equal(w.now) {
			t.Errorf("%+v", s)
		}
		w.pass(s.PeriodEnd().Sub(w.now))
		if s = w.subscription(s.ID); s.Status != payment.Canceled || s.EndedAt.IsZero() {
			t.Errorf("%+v", s)
		}
		if got := w.types(); !slices.Equal(got, []string{"customer.subscription.updated", "customer.subscription.deleted"}) {
			t.Errorf("%v", got)
		}
	})
	t.Run("not after all", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.subscribed(standin.CardGood)
		must(w.till.CancelAtPeriodEnd(t.Context(), s.ID, true))(t)
		if s = must(w.till.CancelAtPeriodEnd(t.Context(), s.ID, false))(t); s.CancelAtPeriodEnd || !s.CancelAt.IsZero() {
			t.Errorf("%+v", s)
		}
		w.pass(month)
		if s = w.subscription(s.ID); s.Status != payment.Active {
			t.Errorf("%+v", s)
		}
	})
}

func TestAnItemIsTakenOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.CardGood)
	hosting, whatsapp := s.Items[0], s.Items[1]
	for range 2 { // the second time it is gone already
		if err := w.till.RemoveItem(t.Context(), whatsapp.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.till.RemoveItem(t.Context(), hosting.ID); !payment.Is(err, payment.Refused) {
		t.Errorf("the last item is taken off: %v", err)
	}
	if s = w.subscription(s.ID); len(s.Items) != 1 || s.Items[0].ID != hosting.ID || s.Status != payment.Active {
		t.Errorf("%+v", s)
	}
	// What was paid for it goes back by itself.
	p := must(w.till.LastPayment(t.Context(), s.ID))(t)
	must(w.till.Refund(t.Context(), payment.RefundRequest{IdempotencyKey: "r", Intent: p.Intent, Amount: whatsapp.Amount}))(t)
	w.pass(28*24*time.Hour + time.Hour)
	if i := must(w.till.Invoice(t.Context(), w.subscription(s.ID).LatestInvoice))(t); i.Total.String() != "€29.00" {
		t.Errorf("%+v", i)
	}
}

func TestMoneyGoesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.CardGood)
	p := must(w.till.LastPayment(t.Context(), s.ID))(t)
	part := payment.RefundRequest{IdempotencyKey: "part", Intent: p.Intent, Amount: money.Amount{Minor: 1900, Currency: "EUR"},
		Metadata: map[string]string{"why": "whatsapp"}}
	first := must(w.till.Refund(t.Context(), part))(t)
	if again := must(w.till.Refund(t.Context(), part))(t); again.ID != first.ID || again.Status != payment.RefundSucceeded ||
		again.Amount.String() != "€19.00" {
		t.Errorf("%+v, %+v", first, again)
	}
	part.IdempotencyKey, part.Amount.Minor = "more", 2901
	if _, err := w.till.Refund(t.Context(), part); !payment.Is(err, payment.Refused) {
		t.Errorf("more than is left: %v", err)
	}
	rest := must(w.till.RefundLast(t.Context(), s.ID, "rest"))(t)
	if rest.Amount.String() != "€29.00" || rest.Intent != p.Intent {
		t.Errorf("%+v", rest)
	}
	if again := must(w.till.RefundLast(t.Context(), s.ID, "another key"))(t); again.ID != rest.ID {
		t.Errorf("given back twice: %+v", again)
	}
	if p = must(w.till.Payment(t.Context(), p.Intent))(t); !p.RefundedFull || p.Refunded.String() != "€48.00" ||
		p.Amount.String() != "€48.00" {
		t.Errorf("%+v", p)
	}
	w.tick()
	if got := w.types(); !slices.Equal(got, []string{"charge.refunded", "charge.refunded"}) {
		t.Errorf("%v", got)
	}
}

func TestNothingWasPaidSoNothingGoesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *standin.Options) {
		o.Catalogue = []standin.Product{{Key: "free", Name: "Free", Currency: "usd"}}
	})
	c := w.checkout(func(r *payment.CheckoutRequest) { r.Lines = []payment.Line{{PriceID: "price_free_month"}} })
	must(w.Pay(c.ID, standin.Card{Number: standin.CardGood}))(t)
	c = must(w.till.Checkout(t.Context(), c.ID))(t)
	if c.PaymentStatus != payment.NoPaymentRequired || !c.Settled() {
		t.Errorf("%+v", c)
	}
	if r, err := w.till.RefundLast(t.Context(), c.Subscription, "k"); err != nil || r != (payment.Refund{}) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAPaymentIsDisputed(t *testing.T) {
	t.Parallel()
	for _, won := range []bool{true, false} {
		w := newWorld(t)
		s := w.subscribed(standin.CardGood)
		id := must(w.Dispute(s.ID, "fraudulent"))(t)
		p := must(w.till.LastPayment(t.Context(), s.ID))(t)
		all := must(w.till.DisputesOf(t.Context(), p.Intent))(t)
		if !p.Disputed || len(all) != 1 || !all[0].Open() || all[0].ID != id || all[0].Reason != "fraudulent" || all[0].Charge != p.Charge {
			t.Errorf("%+v, %+v", p, all)
		}
		if _, err := w.till.RefundLast(t.Context(), s.ID, "k"); !payment.Is(err, payment.Refused) {
			t.Errorf("a disputed payment goes back: %v", err)
		}
		if err := w.CloseDispute(id, won); err != nil {
			t.Fatal(err)
		}
		d := must(w.till.Dispute(t.Context(), id))(t)
		if d.Open() || (d.Status == payment.DisputeWon) != won {
			t.Errorf("%+v", d)
		}
		w.tick()
		want := []string{"charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"}
		if got := w.types(); !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
	}
}

func TestACustomerIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.CardGood)
	if err := w.DeleteCustomer(s.Customer); err != nil {
		t.Fatal(err)
	}
	if u := must(w.till.Customer(t.Context(), s.Customer))(t); !u.Deleted {
		t.Errorf("%+v", u)
	}
	if s = w.subscription(s.ID); s.Status != payment.Canceled {
		t.Errorf("%+v", s)
	}
	if _, err := w.till.BillingPortal(t.Context(), s.Customer, "", ""); !payment.Is(err, payment.Missing) {
		t.Error(err)
	}
	w.tick()
	if got := w.types(); !slices.Equal(got, []string{"customer.subscription.deleted", "customer.deleted"}) {
		t.Errorf("%v", got)
	}
}

// TestEveryEventLeadsHome: whatever an event is about, the subscription is found from it.
func TestEveryEventLeadsHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.CardGood)
	must(w.till.RefundLast(t.Context(), s.ID, "k"))(t)
	w.pass(28*24*time.Hour + time.Hour)
	must(w.Dispute(s.ID, "fraudulent"))(t)
	seen := map[string]bool{}
	for _, e := range w.Events() {
		var object any
		if err := json.Unmarshal(e.Body, &object); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range conforms(object, e.Type+": ") {
			t.Error(wrong)
		}
		one := must(w.till.Event(t.Context(), e.ID))(t)
		trace := must(w.till.Trace(t.Context(), one.Object))(t)
		seen[one.Object.Type] = true
		switch one.Object.Type {
		case "customer":
			if trace.Customer != s.Customer {
				t.Errorf("%s leads to %+v", one.Type, trace)
			}
		case "payment_method", "refund": // nothing that billing listens to
			if trace != (payment.Trace{}) {
				t.Errorf("%s leads to %+v", one.Type, trace)
			}
		default:
			if trace.Subscription != s.ID || trace.Customer != s.Customer {
				t.Errorf("%s leads to %+v", one.Type, trace)
			}
			if one.Object.Type == "checkout.session" && (trace.Reference != "inv_1" || trace.Checkout != one.Object.ID) {
				t.Errorf("%s leads to %+v", one.Type, trace)
			}
		}
	}
	for _, kind := range []string{"checkout.session", "subscription", "invoice", "charge", "dispute", "customer", "payment_intent"} {
		if !seen[kind] {
			t.Errorf("no event was about a %s", kind)
		}
	}
	if _, err := w.till.Trace(t.Context(), payment.Object{Type: "invoice", ID: "in_none"}); !payment.Is(err, payment.Missing) {
		t.Error(err)
	}
}
