package stripe_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/payment"
)

// buy is a checkout that is paid: four webhooks.
func (w *world) buy() payment.Checkout {
	w.t.Helper()
	c := w.checkout()
	must(w.Pay(c.ID, standin.Card{Number: standin.CardGood}))(w.t)
	return must(w.till.Checkout(w.t.Context(), c.ID))(w.t)
}

var bought = []string{"customer.subscription.created", "invoice.paid", "customer.subscription.updated", "checkout.session.completed"}

// undelivered are the types of the events that Stripe says nobody has taken, oldest first.
func (w *world) undelivered() []string {
	w.t.Helper()
	page, _, err := w.till.Events(w.t.Context(), payment.EventQuery{Types: payment.EventTypes, Undelivered: true})
	if err != nil {
		w.t.Fatal(err)
	}
	out := []string{}
	for _, e := range page {
		out = append(out, e.Type)
	}
	slices.Reverse(out)
	return out
}

func TestAWebhookIsTriedForThreeDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	up := false
	w.refuse = func(payment.Event) int {
		if up {
			return http.StatusOK
		}
		return http.StatusServiceUnavailable
	}
	w.buy()
	w.tick()
	if got := w.undelivered(); !slices.Equal(got, bought) {
		t.Errorf("%v", got)
	}
	w.pass(time.Minute)
	up = true
	w.pass(3 * time.Minute)
	if got := w.types(); len(got) != 0 {
		t.Errorf("%v before it is time", got)
	}
	w.pass(time.Minute)
	if got := w.types(); !slices.Equal(got, bought) {
		t.Errorf("%v", got)
	}
	if got := w.undelivered(); len(got) != 0 {
		t.Errorf("%v", got)
	}

	up = false
	must(w.till.CancelSubscription(t.Context(),
		must(w.till.SubscriptionsOf(t.Context(), must(w.till.CheckoutsOf(t.Context(), payment.CheckoutQuery{}))(t)[0].Customer))(t)[0].ID,
		false))(t)
	for range 20 {
		w.pass(6 * time.Hour)
	}
	up = true
	w.pass(24 * time.Hour)
	if got := w.types(); len(got) != 0 {
		t.Errorf("%v after it was given up", got)
	}
	if got := w.undelivered(); !slices.Equal(got, []string{"customer.subscription.deleted"}) {
		t.Errorf("%v", got)
	}
}

func TestWebhooksGetLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetPlan(standin.Plan{Lose: 1, Types: []string{"checkout.session.completed"}})
	w.buy()
	for range 10 {
		w.pass(12 * time.Hour)
	}
	if got := w.types(); !slices.Equal(got, bought[:3]) {
		t.Errorf("%v", got)
	}
	if got := w.undelivered(); !slices.Equal(got, bought[3:]) {
		t.Errorf("%v", got)
	}
	// Somebody presses the button in Stripe's dashboard.
	for _, e := range w.Events() {
		if e.Wanted && !e.Taken {
			if status := must(w.Deliver(t.Context(), e.ID))(t); status != http.StatusOK {
				t.Errorf("%d", status)
			}
		}
	}
	if got := w.undelivered(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestWebhooksComeTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetPlan(standin.Plan{Repeat: 1})
	w.buy()
	w.tick()
	w.pass(24 * time.Hour)
	got := map[string]int{}
	for _, e := range w.types() {
		got[e]++
	}
	for _, e := range bought {
		if got[e] != 3 {
			t.Errorf("%s came %d times", e, got[e])
		}
	}
}

func TestWebhooksComeInAnyOrderAndLate(t *testing.T) {
	t.Parallel()
	orders := map[string]bool{}
	for seed := range uint64(24) {
		w := newWorld(t)
		w.SetPlan(standin.Plan{Seed: seed, Reorder: 0.7, Delay: 0.3})
		w.buy()
		w.tick()
		w.pass(3 * 24 * time.Hour)
		got := w.types()
		orders[got[0]] = true
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(bought)); !slices.Equal(got, want) {
			t.Errorf("seed %d: %v", seed, got)
		}
	}
	if len(orders) < 3 {
		t.Errorf("only %v ever came first", orders)
	}
}

// TestAPlanCanBeRepeated: the same seed does the same.
func TestAPlanCanBeRepeated(t *testing.T) {
	t.Parallel()
	run := func() []string {
		w := newWorld(t)
		w.SetPlan(standin.Plan{Seed: 7, Lose: 0.2, Repeat: 0.3, Reorder: 0.5, Delay: 0.2})
		w.buy()
		for range 8 {
			w.pass(12 * time.Hour)
		}
		return w.types()
	}
	if a, b := run(), run(); !slices.Equal(a, b) {
		t.Errorf("%v, then %v", a, b)
	}
}

func TestATestMayHaveAnOrderOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetPlan(standin.Plan{Hold: true})
	w.buy()
	w.tick()
	if got := w.types(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	var ids []string
	for _, e := range w.Events() {
		if e.Wanted {
			ids = append(ids, e.ID)
		}
	}
	slices.Reverse(ids)
	for _, id := range append(ids, ids[0]) {
		must(w.Deliver(t.Context(), id))(t)
	}
	want := append(slices.Clone(bought), bought[3])
	slices.Reverse(want[:4])
	if got := w.types(); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestEventsAreReadInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.buy()
	start := w.now
	w.pass(31 * 24 * time.Hour)
	var got []string
	q := payment.EventQuery{Types: []string{"invoice.paid", "customer.subscription.updated"}, Limit: 2}
	for {
		page, next, err := w.till.Events(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			got = append(got, e.Type)
		}
		if q.After = next; next == "" {
			break
		}
	}
	if !slices.Equal(got, []string{"invoice.paid", "customer.subscription.updated"}) { // what is older than 30 days is gone
		t.Errorf("%v", got)
	}
	page, _, err := w.till.Events(t.Context(), payment.EventQuery{Since: start.Add(28*24*time.Hour + time.Minute), Until: w.now})
	if err != nil || len(page) == 0 || page[len(page)-1].Type != "payment_intent.created" {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestASecretIsRolled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var header string
	w.Listen(&standin.Webhook{URL: "http://product.example/", Secrets: []string{"old", "new"},
		Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			header = r.Header.Get("Stripe-Signature")
			return nil, context.Canceled
		})}})
	w.buy()
	w.tick()
	body := []byte("{}")
	if _, err := stripe.VerifyWebhook(body, standin.Sign(body, []string{"old", "new"}, w.now), []string{"new"}, w.now); err == nil {
		t.Error("an empty object is no event")
	}
	if n := len(header); n < 2*64 {
		t.Errorf("one signature only: %s", header)
	}
}
