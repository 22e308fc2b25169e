package stripe_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/payment"
)

func TestPricesAreFoundByLookupKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	prices := must(w.till.Prices(t.Context(), []string{"hosting_10_month", "hosting_10_year", "nothing"}))(t)
	if len(prices) != 2 {
		t.Fatalf("%v", prices)
	}
	month, year := prices["hosting_10_month"], prices["hosting_10_year"]
	if month.Amount.String() != "€29.00" || month.Interval != payment.Month || month.Product != "n8n hosting, 10 GB" || !month.Active ||
		month.TaxBehavior != payment.TaxExclusive {
		t.Errorf("%+v", month)
	}
	if year.Amount.String() != "€290.00" || year.Interval != payment.Year {
		t.Errorf("%+v", year)
	}
	// Other prices take the keys over; who holds the old id still finds what was agreed.
	if err := w.Reprice("hosting_10", 3500, 35000); err != nil {
		t.Fatal(err)
	}
	if now := must(w.till.Prices(t.Context(), []string{"hosting_10_month"}))(t)["hosting_10_month"]; now.Amount.String() != "€35.00" ||
		now.ID == month.ID {
		t.Errorf("%+v", now)
	}
	if old := must(w.till.Price(t.Context(), month.ID))(t); old.Active || old.Amount.String() != "€29.00" || old.Product != month.Product {
		t.Errorf("%+v", old)
	}
	if _, err := w.till.CreateCheckout(t.Context(),
		payment.CheckoutRequest{Lines: []payment.Line{{PriceID: month.ID}}, SuccessURL: "https://a.example"}); !payment.Is(err,
		payment.Refused) {
		t.Errorf("an archived price is sold: %v", err)
	}
}

func TestACheckoutIsPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.checkout(func(r *payment.CheckoutRequest) { r.AutomaticTax, r.IdempotencyKey = true, "k1" })
	if c.Status != payment.CheckoutOpen || c.PaymentStatus != payment.Unpaid || c.Settled() || c.URL == "" ||
		c.Email != "ada@example.com" || c.Reference != "inv_1" ||
		c.Subtotal.String() != "€48.00" || !c.ExpiresAt.Equal(w.now.Add(24*time.Hour)) {
		t.Fatalf("%+v", c)
	}
	r := must(w.Pay(c.ID, standin.Card{Number: "4242 4242 4242 4242", Name: "Ada", Country: "de"}))(t)
	if r.Status != "complete" || r.URL != "https://portal.example.com/paid?checkout="+c.ID {
		t.Fatalf("%+v", r)
	}
	w.tick()
	if d := cmp.Diff([]string{"customer.subscription.created", "invoice.paid", "customer.subscription.updated",
		"checkout.session.completed"}, w.types()); d != "" {
		t.Error(d)
	}
	c = must(w.till.Checkout(t.Context(), c.ID))(t)
	if !c.Settled() || c.Subscription == "" || c.Customer == "" || c.Invoice == "" || c.URL != "" || c.Tax.String() != "€9.60" ||
		c.Total.String() != "€57.60" {
		t.Errorf("%+v", c)
	}
	s := w.subscription(c.Subscription)
	if s.Status != payment.Active || s.Customer != c.Customer || s.Metadata["invite"] != "inv_1" || len(s.Items) != 2 ||
		s.Items[1].LookupKey != "whatsapp_month" ||
		!s.PeriodEnd().Equal(time.Date(2026, 2, 28, 9, 0, 0, 0, time.UTC)) || s.LatestInvoice != c.Invoice {
		t.Errorf("%+v", s)
	}
	p := must(w.till.LastPayment(t.Context(), s.ID))(t)
	if !p.Succeeded || p.Amount.String() != "€57.60" || p.Invoice != c.Invoice || p.Charge == "" || p.Disputed || !p.Refunded.IsZero() {
		t.Errorf("%+v", p)
	}
	invoices := must(w.till.Invoices(t.Context(), c.Customer))(t)
	if len(invoices) != 1 || invoices[0].Status != payment.InvoicePaid || invoices[0].Number == "" || invoices[0].PDF == "" ||
		invoices[0].HostedURL == "" || invoices[0].Subscription != s.ID {
		t.Errorf("%+v", invoices)
	}
	if u := must(w.till.Customer(t.Context(), c.Customer))(t); u.Email != "ada@example.com" || u.Deleted {
		t.Errorf("%+v", u)
	}
	if _, err := w.Pay(c.ID, standin.Card{Number: standin.CardGood}); err == nil {
		t.Error("it is paid twice")
	}
	if subs := must(w.till.SubscriptionsOf(t.Context(), c.Customer))(t); len(subs) != 1 {
		t.Errorf("%+v", subs)
	}
}

func TestACardIsDeclined(t *testing.T) {
	t.Parallel()
	for card, says := range map[string]string{
		standin.CardDeclined: "Your card was declined.", standin.CardNoFunds: "Your card has insufficient funds.", standin.CardExpired: "Your card has expired.",
		standin.CardFailsLater: "Your card was declined.", "4111 1111 1111 1111": "Your card number is not one of Stripe's test numbers.",
	} {
		t.Run(card, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.checkout()
			if r := must(w.Pay(c.ID, standin.Card{Number: card}))(t); r.Status != "declined" || r.Message != says || r.URL != c.URL {
				t.Errorf("%+v", r)
			}
			w.tick()
			if c = must(w.till.Checkout(t.Context(), c.ID))(t); c.Status != payment.CheckoutOpen || c.Subscription != "" {
				t.Errorf("%+v", c)
			}
			if got := w.types(); len(got) != 0 {
				t.Errorf("nothing has happened, and %v is told", got)
			}
			// Another card is taken on the same page.
			if r := must(w.Pay(c.ID, standin.Card{Number: standin.CardGood}))(t); r.Status != "complete" {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestABankWantsAConfirmation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.checkout()
	if r := must(w.Pay(c.ID, standin.Card{Number: standin.Card3DS}))(t); r.Status != "authenticate" {
		t.Fatalf("%+v", r)
	}
	w.tick()
	if got := w.types(); !slices.Equal(got, []string{"customer.subscription.created"}) {
		t.Errorf("%v", got)
	}
	open := must(w.till.Checkout(t.Context(), c.ID))(t)
	if open.Status != payment.CheckoutOpen || open.Subscription != "" || open.Customer == "" {
		t.Errorf("%+v", open)
	}
	subs := must(w.till.SubscriptionsOf(t.Context(), open.Customer))(t)
	if len(subs) != 1 || subs[0].Status != payment.Incomplete || subs[0].Status.Serves() || subs[0].Status.Final() {
		t.Fatalf("%+v", subs)
	}
	if r := must(w.Confirm(c.ID, false))(t); r.Status != "declined" {
		t.Errorf("%+v", r)
	}
	w.tick()
	if got := w.types(); !slices.Equal(got, []string{"invoice.payment_failed"}) {
		t.Errorf("%v", got)
	}
	// A second try, confirmed: there is one subscription that lives.
	if r := must(w.Pay(c.ID, standin.Card{Number: standin.Card3DS}))(t); r.Status != "authenticate" {
		t.Fatalf("%+v", r)
	}
	if r := must(w.Confirm(c.ID, true))(t); r.Status != "complete" {
		t.Fatalf("%+v", r)
	}
	alive := 0
	for _, s := range must(w.till.SubscriptionsOf(t.Context(), open.Customer))(t) {
		if !s.Status.Final() {
			alive++
		}
	}
	if alive != 1 {
		t.Errorf("%d subscriptions are alive", alive)
	}
}

func TestAConfirmationThatNeverComes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.checkout()
	must(w.Pay(c.ID, standin.Card{Number: standin.Card3DS}))(t)
	w.pass(25 * time.Hour)
	if got := w.types(); !slices.Equal(got,
		[]string{"customer.subscription.created", "customer.subscription.updated", "checkout.session.expired"}) {
		t.Errorf("%v", got)
	}
	c = must(w.till.Checkout(t.Context(), c.ID))(t)
	if c.Status != payment.CheckoutExpired || c.Settled() {
		t.Errorf("%+v", c)
	}
	if subs := must(w.till.SubscriptionsOf(t.Context(), c.Customer))(t); subs[0].Status != payment.IncompleteExpired ||
		!subs[0].Status.Final() {
		t.Errorf("%+v", subs)
	}
	if _, err := w.Confirm(c.ID, true); err == nil {
		t.Error("it is confirmed after all")
	}
}

func TestACheckoutExpires(t *testing.T) {
	t.Parallel()
	t.Run("by itself", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.checkout(func(r *payment.CheckoutRequest) { r.ExpiresAt = w.now.Add(time.Hour) })
		w.pass(59 * time.Minute)
		if c = must(w.till.Checkout(t.Context(), c.ID))(t); c.Status != payment.CheckoutOpen {
			t.Errorf("%+v", c)
		}
		w.pass(time.Minute)
		if c = must(w.till.Checkout(t.Context(), c.ID))(t); c.Status != payment.CheckoutExpired || c.URL != "" {
			t.Errorf("%+v", c)
		}
		if got := w.types(); !slices.Equal(got, []string{"checkout.session.expired"}) {
			t.Errorf("%v", got)
		}
	})
	t.Run("on request, once or twice", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.checkout()
		for range 2 {
			if now := must(w.till.ExpireCheckout(t.Context(), c.ID))(t); now.Status != payment.CheckoutExpired {
				t.Errorf("%+v", now)
			}
		}
		if _, err := w.Pay(c.ID, standin.Card{Number: standin.CardGood}); err == nil {
			t.Error("it is paid after all")
		}
	})
	t.Run("not when it is paid", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.checkout()
		must(w.Pay(c.ID, standin.Card{Number: standin.CardGood}))(t)
		if now := must(w.till.ExpireCheckout(t.Context(), c.ID))(t); now.Status != payment.CheckoutComplete || !now.Settled() {
			t.Errorf("%+v", now)
		}
	})
	t.Run("not when there is none", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		if _, err := w.till.ExpireCheckout(t.Context(), "cs_test_none"); !payment.Is(err, payment.Missing) {
			t.Error(err)
		}
	})
}

func TestCheckoutsAreFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.checkout()
	must(w.Pay(first.ID, standin.Card{Number: standin.CardGood}))(t)
	first = must(w.till.Checkout(t.Context(), first.ID))(t)
	second := w.checkout(func(r *payment.CheckoutRequest) { r.Customer, r.Reference = first.Customer, "inv_2" })
	other := w.checkout(func(r *payment.CheckoutRequest) { r.Email = "bob@example.com" })
	for name, c := range map[string]struct {
		query payment.CheckoutQuery
		want  []string
	}{
		"of a customer":             {payment.CheckoutQuery{Customer: first.Customer}, []string{second.ID, first.ID}},
		"of an email":               {payment.CheckoutQuery{Email: "bob@example.com"}, []string{other.ID}},
		"of a subscription":         {payment.CheckoutQuery{Subscription: first.Subscription}, []string{first.ID}},
		"of a customer, still open": {payment.CheckoutQuery{Customer: first.Customer, Status: payment.CheckoutOpen}, []string{second.ID}},
		"of nobody":                 {payment.CheckoutQuery{Email: "eve@example.com"}, []string{}},
	} {
		got := []string{}
		for _, s := range must(w.till.CheckoutsOf(t.Context(), c.query))(t) {
			got = append(got, s.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestALongListIsReadWhole goes over more than one page.
func TestALongListIsReadWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 120 {
		w.checkout()
	}
	if all := must(w.till.CheckoutsOf(t.Context(), payment.CheckoutQuery{Email: "ada@example.com"}))(t); len(all) != 120 {
		t.Errorf("%d", len(all))
	}
}

func TestAnIdempotencyKeyIsOneCheckout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := func(r *payment.CheckoutRequest) { r.IdempotencyKey = "attempt-1" }
	first := w.checkout(key)
	if again := w.checkout(key); again.ID != first.ID {
		t.Error("two checkouts")
	}
	_, err := w.till.CreateCheckout(t.Context(),
		payment.CheckoutRequest{IdempotencyKey: "attempt-1", Lines: []payment.Line{{PriceID: "price_max_year"}},
			SuccessURL: "https://a.example"})
	if !payment.Is(err, payment.KeyReused) {
		t.Errorf("the key with another order: %v", err)
	}
	// An answer that was lost is brought again; what was refused was never done.
	w.Disturb(func(string, string) standin.Disturbance { return standin.FailAfter })
	lost := func(r *payment.CheckoutRequest) { r.IdempotencyKey = "attempt-2" }
	if _, err := w.till.CreateCheckout(t.Context(), request(lost)); !payment.Is(err, payment.Passing) {
		t.Errorf("a lost answer: %v", err)
	}
	w.Disturb(nil)
	second := w.checkout(lost)
	if all := must(w.till.CheckoutsOf(t.Context(), payment.CheckoutQuery{Email: "ada@example.com"}))(t); len(all) != 2 ||
		all[0].ID != second.ID {
		t.Errorf("%+v", all)
	}
	for trouble, kind := range map[standin.Disturbance]payment.Kind{standin.FailBefore: payment.Passing,
		standin.RateLimited: payment.Passing, standin.KeyInUse: payment.Passing} {
		w.Disturb(func(string, string) standin.Disturbance { return trouble })
		if _, err := w.till.CreateCheckout(t.Context(), request(lost)); !payment.Is(err, kind) {
			t.Errorf("trouble %d: %v", trouble, err)
		}
	}
	w.Disturb(nil)
	w.pass(24 * time.Hour)
	if third := w.checkout(key); third.ID == first.ID {
		t.Error("a key is kept for more than a day")
	}
}

func request(change func(*payment.CheckoutRequest)) payment.CheckoutRequest {
	r := payment.CheckoutRequest{
		Reference: "inv_1", Metadata: map[string]string{"invite": "inv_1"}, Email: "ada@example.com",
		Lines:      []payment.Line{{PriceID: "price_hosting_10_month"}, {PriceID: "price_whatsapp_month"}},
		SuccessURL: "https://portal.example.com/paid?checkout={CHECKOUT_SESSION_ID}", CancelURL: "https://portal.example.com/back",
	}
	change(&r)
	return r
}

func TestStripeRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		change func(*payment.CheckoutRequest)
		kind   payment.Kind
	}{
		"nothing to buy":             {func(r *payment.CheckoutRequest) { r.Lines = nil }, payment.Refused},
		"a price that there is not":  {func(r *payment.CheckoutRequest) { r.Lines[0].PriceID = "price_none" }, payment.Missing},
		"a month and a year":         {func(r *payment.CheckoutRequest) { r.Lines[0].PriceID = "price_hosting_10_year" }, payment.Refused},
		"expiry in five minutes":     {func(r *payment.CheckoutRequest) { r.ExpiresAt = w.now.Add(5 * time.Minute) }, payment.Refused},
		"expiry in two days":         {func(r *payment.CheckoutRequest) { r.ExpiresAt = w.now.Add(48 * time.Hour) }, payment.Refused},
		"nowhere to come back to":    {func(r *payment.CheckoutRequest) { r.SuccessURL = "" }, payment.Refused},
		"an address that is none":    {func(r *payment.CheckoutRequest) { r.Email = "ada" }, payment.Refused},
		"a customer that is unknown": {func(r *payment.CheckoutRequest) { r.Customer = "cus_none" }, payment.Missing},
	} {
		if _, err := w.till.CreateCheckout(t.Context(), request(c.change)); !payment.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
