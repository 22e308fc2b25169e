package stripe_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/payment"
)

func TestARestartKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := func(o *standin.Options) { o.Dir = dir }
	w := newWorld(t, kept)
	s := w.subscribed(standin.CardGood)
	open := w.checkout(func(r *payment.CheckoutRequest) { r.IdempotencyKey = "k" })
	events := len(w.Events())
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	again := newWorld(t, kept)
	if got := again.subscription(s.ID); got.Status != payment.Active || got.LatestInvoice != s.LatestInvoice || len(got.Items) != 2 {
		t.Errorf("%+v", got)
	}
	if got := again.checkout(func(r *payment.CheckoutRequest) { r.IdempotencyKey = "k" }); got.ID != open.ID {
		t.Error("the key has been forgotten")
	}
	if got := len(again.Events()); got != events {
		t.Errorf("%d events, not %d", got, events)
	}
	if page, _, err := again.till.Events(t.Context(), payment.EventQuery{Limit: 1}); err != nil ||
		page[0].Type != "checkout.session.completed" {
		t.Errorf("the newest event: %+v, %v", page, err)
	}
	again.pass(29 * 24 * time.Hour)
	if got := again.subscription(s.ID); got.LatestInvoice == s.LatestInvoice || got.Status != payment.Active {
		t.Errorf("it renews no more: %+v", got)
	}
	if c := again.checkout(); c.ID == open.ID || c.ID == "" {
		t.Error("an id comes twice")
	}
}

func TestOnlyTheKeyOpens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, key := range []string{"", "sk_test_other"} {
		c := stripe.Open(key, stripe.Options{HTTPClient: &http.Client{Transport: roundtrip.Transport(w.API())}})
		if _, err := c.Checkout(t.Context(), "cs_test_1"); !payment.Is(err, payment.Unauthorized) {
			t.Errorf("%q: %v", key, err)
		}
	}
}

// TestWhatTheStandInDoesNotKnowIsLoud: paths, parameters and values.
func TestWhatTheStandInDoesNotKnowIsLoud(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.buy()
	for name, r := range map[string]struct{ method, path, body string }{
		"a path":                   {"POST", "/v1/coupons", ""},
		"a parameter":              {"POST", "/v1/subscriptions/" + c.Subscription, "colour=green"},
		"a parameter of a list":    {"GET", "/v1/invoices?colour=green", ""},
		"a parameter of an expiry": {"POST", "/v1/checkout/sessions/" + w.checkout().ID + "/expire", "colour=green"},
		"a way to pay":             {"POST", "/v1/checkout/sessions", "mode=subscription&payment_method_types[0]=sepa_debit"},
		"a mode":                   {"POST", "/v1/checkout/sessions", "mode=payment"},
		"an expansion":             {"GET", "/v1/subscriptions/" + c.Subscription + "?expand[0]=colour", ""},
		"a level too deep":         {"GET", "/v1/subscriptions/" + c.Subscription + "?expand[0]=a.b.c.d.e", ""},
		"a limit":                  {"GET", "/v1/events?limit=1000", ""},
		"a truth":                  {"POST", "/v1/subscriptions/" + c.Subscription, "cancel_at_period_end=maybe"},
		"a proration":              {"DELETE", "/v1/subscription_items/si_1?proration_behavior=always_invoice", ""},
	} {
		path, query, _ := strings.Cut(r.path, "?")
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		req, _ := http.NewRequestWithContext(t.Context(), r.method, "http://api.stripe.com"+path+"?"+q.Encode(), strings.NewReader(r.body))
		req.Header.Set("Authorization", "Bearer "+w.Key())
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := roundtrip.Transport(w.API()).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if said, _ := io.ReadAll(res.Body); res.StatusCode != 400 && res.StatusCode != 404 ||
			!strings.Contains(string(said), `"invalid_request_error"`) || res.Header.Get("Request-Id") == "" {
			t.Errorf("%s: %d %s", name, res.StatusCode, said)
		}
	}
	if s := w.subscription(c.Subscription); !s.Ends().IsZero() {
		t.Error("what was refused was done all the same")
	}
}

// TestStartedItRunsByItself: nobody calls Tick.
func TestStartedItRunsByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		taken := map[string]int{}
		count := func(event string) int {
			mu.Lock()
			defer mu.Unlock()
			return taken[event]
		}
		e, err := standin.Open(standin.Options{})
		if err != nil {
			t.Fatal(err)
		}
		e.Listen(&standin.Webhook{URL: "http://product.example", Secrets: []string{secret}, Types: payment.EventTypes,
			Client: &http.Client{Transport: roundtrip.Transport(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				event, err := stripe.VerifyWebhook(body, r.Header.Get("Stripe-Signature"), []string{secret}, time.Now())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				taken[event.Type]++
			}))}})
		e.Start()
		till := stripe.Open(e.Key(), stripe.Options{HTTPClient: &http.Client{Transport: roundtrip.Transport(e.API())}})
		c, err := till.CreateCheckout(context.Background(),
			payment.CheckoutRequest{Email: "ada@example.com", Lines: []payment.Line{{PriceID: "price_max_month"}},
				SuccessURL: "https://a.example"})
		if err != nil {
			t.Fatal(err)
		}
		must(e.Pay(c.ID, standin.Card{Number: standin.CardGood}))(t)
		synctest.Wait()
		if n := count("checkout.session.completed"); n != 1 {
			t.Errorf("%d checkouts are told of", n)
		}
		<-time.After(32 * 24 * time.Hour) // of the bubble's clock
		synctest.Wait()
		if n := count("invoice.paid"); n != 2 {
			t.Errorf("%d paid invoices are told of", n)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}
