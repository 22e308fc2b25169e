package stripe_test

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/payment"
)

// world is a stand-in with the product's client on it, a clock that is moved by hand and an endpoint for webhooks.
type world struct {
	*standin.Engine
	t    *testing.T
	till *stripe.Client
	sent *noted

	mu     sync.Mutex
	now    time.Time
	got    []payment.Event
	refuse func(payment.Event) int // the status that the endpoint answers with; nil is 200
}

const secret = "whsec_test"

func newWorld(t *testing.T, change ...func(*standin.Options)) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)}
	o := standin.Options{Now: w.clock}
	for _, c := range change {
		c(&o)
	}
	var err error
	if w.Engine, err = standin.Open(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	w.sent = &noted{RoundTripper: checked{t, roundtrip.Transport(w.API())}}
	w.till = stripe.Open(w.Key(), stripe.Options{HTTPClient: &http.Client{Transport: w.sent}})
	w.Listen(&standin.Webhook{URL: "http://product.example/stripe", Secrets: []string{secret}, Types: payment.EventTypes,
		Client: &http.Client{Transport: roundtrip.Transport(http.HandlerFunc(w.endpoint))}})
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// endpoint is the product's: it verifies and notes.
func (w *world) endpoint(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	e, err := stripe.VerifyWebhook(body, r.Header.Get("Stripe-Signature"), []string{secret}, w.clock())
	if err != nil {
		w.t.Errorf("a webhook that the adapter refuses: %v", err)
		out.WriteHeader(http.StatusBadRequest)
		return
	}
	if w.refuse != nil {
		if status := w.refuse(e); status != http.StatusOK {
			out.WriteHeader(status)
			return
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, e)
}

// types are the events that the endpoint has taken since the last call, in order.
func (w *world) types() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []string{}
	for _, e := range w.got {
		out = append(out, e.Type)
	}
	w.got = nil
	return out
}

// pass lets time go by, and all that becomes due happen.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	w.mu.Lock()
	w.now = w.now.Add(d)
	w.mu.Unlock()
	w.tick()
}

func (w *world) tick() {
	w.t.Helper()
	if err := w.Tick(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// checkout opens a checkout for hosting and WhatsApp by the month.
func (w *world) checkout(change ...func(*payment.CheckoutRequest)) payment.Checkout {
	w.t.Helper()
	r := payment.CheckoutRequest{
		Reference: "inv_1", Metadata: map[string]string{"invite": "inv_1"}, Email: "ada@example.com",
		Lines:      []payment.Line{{PriceID: "price_hosting_10_month"}, {PriceID: "price_whatsapp_month"}},
		SuccessURL: "https://portal.example.com/paid?checkout={CHECKOUT_SESSION_ID}", CancelURL: "https://portal.example.com/back",
	}
	for _, c := range change {
		c(&r)
	}
	return must(w.till.CreateCheckout(w.t.Context(), r))(w.t)
}

// subscribed is a subscription that was paid for with this card.
func (w *world) subscribed(card string) payment.Subscription {
	w.t.Helper()
	c := w.checkout()
	if r := must(w.Pay(c.ID, standin.Card{Number: card}))(w.t); r.Status == "authenticate" {
		must(w.Confirm(c.ID, true))(w.t)
	}
	w.tick()
	w.types()
	c = must(w.till.Checkout(w.t.Context(), c.ID))(w.t)
	return w.subscription(c.Subscription)
}

func (w *world) subscription(id string) payment.Subscription {
	w.t.Helper()
	return must(w.till.Subscription(w.t.Context(), id))(w.t)
}

// must is for answers that cannot fail here.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
