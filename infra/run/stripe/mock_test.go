package stripe_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
)

// mock is stripe-mock: Stripe's own server that holds every request against the OpenAPI document and refuses what is not
// in it.
var mock = sync.OnceValue(func() http.Handler {
	spec, err := server.LoadSpec(embedded.OpenAPISpec, "")
	if err != nil {
		panic(err)
	}
	fixtures, err := server.LoadFixtures(embedded.OpenAPIFixtures, "")
	if err != nil {
		panic(err)
	}
	stub, err := server.NewStubServer(fixtures, spec, false, false)
	if err != nil {
		panic(err)
	}
	return http.HandlerFunc(stub.HandleRequest)
})

// noted keeps what is sent.
type noted struct {
	http.RoundTripper
	mu    sync.Mutex
	calls []call
}

type call struct {
	method, path, key string
	form              url.Values
	header            http.Header
}

func (n *noted) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte(r.URL.RawQuery)
	if r.Body != nil && r.Method == http.MethodPost {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.calls = append(n.calls, call{r.Method, r.URL.Path, r.Header.Get("Idempotency-Key"), form, r.Header})
	n.mu.Unlock()
	return n.RoundTripper.RoundTrip(r)
}

// everyCall makes each of the adapter's calls, with all that it can send.
var everyCall = map[string]func(context.Context, *stripe.Client) error{
	"Prices": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.Prices(ctx, []string{"hosting_10_month", "hosting_10_year"})
		return err
	},
	"Price": func(ctx context.Context, c *stripe.Client) error { _, err := c.Price(ctx, "price_1"); return err },
	"CreateCheckout": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.CreateCheckout(ctx, fullCheckout)
		return err
	},
	"CreateCheckout for a customer": func(ctx context.Context, c *stripe.Client) error {
		r := fullCheckout
		r.Customer, r.IdempotencyKey = "cus_1", "key-2"
		_, err := c.CreateCheckout(ctx, r)
		return err
	},
	"CreateCheckout for a card": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.CreateCheckout(ctx, payment.CheckoutRequest{Card: true, IdempotencyKey: "key-3", Email: "ada@example.com",
			SuccessURL: "https://portal.example.com/paid", BillingAddress: true, Language: words.Hebrew})
		return err
	},
	"Checkout":       func(ctx context.Context, c *stripe.Client) error { _, err := c.Checkout(ctx, "cs_1"); return err },
	"ExpireCheckout": func(ctx context.Context, c *stripe.Client) error { _, err := c.ExpireCheckout(ctx, "cs_1"); return err },
	"CheckoutsOf a customer": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.CheckoutsOf(ctx, payment.CheckoutQuery{Customer: "cus_1", Status: payment.CheckoutComplete})
		return err
	},
	"CheckoutsOf an email": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.CheckoutsOf(ctx, payment.CheckoutQuery{Email: "ada@example.com"})
		return err
	},
	"CheckoutsOf a subscription": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.CheckoutsOf(ctx, payment.CheckoutQuery{Subscription: "sub_1"})
		return err
	},
	"BillingPortal": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.BillingPortal(ctx, "cus_1", "https://portal.example.com/", words.Polish)
		return err
	},
	"Speak":    func(ctx context.Context, c *stripe.Client) error { return c.Speak(ctx, "cus_1", words.Portuguese) },
	"KeepCard": func(ctx context.Context, c *stripe.Client) error { return c.KeepCard(ctx, "cus_1", "pm_1") },
	"CancelPage": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.CancelPage(ctx, payment.CancelVisit{Customer: "cus_1", Subscription: "sub_1", Back: "https://portal.example.com/",
			Done: "https://portal.example.com/?ending=1", Language: words.Hebrew})
		return err
	},
	"Customer":     func(ctx context.Context, c *stripe.Client) error { _, err := c.Customer(ctx, "cus_1"); return err },
	"Subscription": func(ctx context.Context, c *stripe.Client) error { _, err := c.Subscription(ctx, "sub_1"); return err },
	"SubscriptionsOf": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.SubscriptionsOf(ctx, "cus_1")
		return err
	},
	"CancelSubscription": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.CancelSubscription(ctx, "sub_1", false)
		return err
	},
	"CancelSubscription with a credit": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.CancelSubscription(ctx, "sub_1", true)
		return err
	},
	"CancelAtPeriodEnd": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.CancelAtPeriodEnd(ctx, "sub_1", true)
		return err
	},
	"CancelAtPeriodEnd taken back": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.CancelAtPeriodEnd(ctx, "sub_1", false)
		return err
	},
	"Rest":        func(ctx context.Context, c *stripe.Client) error { _, err := c.Rest(ctx, "sub_1"); return err },
	"Wake":        func(ctx context.Context, c *stripe.Client) error { _, err := c.Wake(ctx, "sub_1"); return err },
	"RemoveItem":  func(ctx context.Context, c *stripe.Client) error { return c.RemoveItem(ctx, "si_1") },
	"LastPayment": func(ctx context.Context, c *stripe.Client) error { _, err := c.LastPayment(ctx, "sub_1"); return err },
	"Payment":     func(ctx context.Context, c *stripe.Client) error { _, err := c.Payment(ctx, "pi_1"); return err },
	"Refund": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.Refund(ctx,
			payment.RefundRequest{IdempotencyKey: "k", Intent: "pi_1", Amount: money.Amount{Minor: 100, Currency: "EUR"},
				Metadata: map[string]string{"a": "b"}})
		return err
	},
	"RefundLast": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.RefundLast(ctx, "sub_1", "k")
		return err
	},
	"DisputesOf": func(ctx context.Context, c *stripe.Client) error { _, err := c.DisputesOf(ctx, "pi_1"); return err },
	"Dispute":    func(ctx context.Context, c *stripe.Client) error { _, err := c.Dispute(ctx, "du_1"); return err },
	"Invoices":   func(ctx context.Context, c *stripe.Client) error { _, err := c.Invoices(ctx, "cus_1"); return err },
	"Invoice":    func(ctx context.Context, c *stripe.Client) error { _, err := c.Invoice(ctx, "in_1"); return err },
	"Events": func(ctx context.Context, c *stripe.Client) error {
		_, _, err := c.Events(ctx,
			payment.EventQuery{Since: time.Unix(1, 0), Until: time.Unix(2, 0), Types: payment.EventTypes, Undelivered: true, After: "evt_1",
				Limit: 10})
		return err
	},
	"Event": func(ctx context.Context, c *stripe.Client) error { _, err := c.Event(ctx, "evt_1"); return err },
	"Trace of a charge": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.Trace(ctx, payment.Object{Type: "charge", ID: "ch_1"})
		return err
	},
	"Trace of a dispute": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.Trace(ctx, payment.Object{Type: "dispute", ID: "du_1"})
		return err
	},
	"Trace of an intent": func(ctx context.Context, c *stripe.Client) error {
		_, err := c.Trace(ctx, payment.Object{Type: "payment_intent", ID: "pi_1"})
		return err
	},
}

var fullCheckout = payment.CheckoutRequest{
	IdempotencyKey: "key-1", Reference: "inv_1", Metadata: map[string]string{"invite": "inv_1", "agency": "ag_1"}, Email: "ada@example.com",
	Lines:      []payment.Line{{PriceID: "price_1"}, {PriceID: "price_2", Quantity: 2}},
	SuccessURL: "https://portal.example.com/paid?checkout={CHECKOUT_SESSION_ID}", CancelURL: "https://portal.example.com/back",
	ExpiresAt: time.Unix(1900000000, 0), AutomaticTax: true, PromotionCodes: true, BillingAddress: true, TaxIDs: true, Language: words.German,
}

func TestStripeMockTakesEveryRequest(t *testing.T) {
	t.Parallel()
	for name, do := range everyCall {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := &noted{RoundTripper: roundtrip.Transport(mock())}
			c := stripe.Open("sk_test_123", stripe.Options{HTTPClient: &http.Client{Transport: sent}})
			if err := do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if len(sent.calls) == 0 {
				t.Fatal("nothing was sent")
			}
			for _, c := range sent.calls {
				if got := c.header.Get("Stripe-Version"); got != stripe.APIVersion {
					t.Errorf("%s %s speaks version %q", c.method, c.path, got)
				}
			}
		})
	}
}

// TestStripeMockCanRefuse shows that the test above can fail: a parameter that Stripe does not know is refused.
func TestStripeMockCanRefuse(t *testing.T) {
	t.Parallel()
	spoiled := roundTrip(func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		body = append(body, "&colour=green"...)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return roundtrip.Transport(mock()).RoundTrip(r)
	})
	c := stripe.Open("sk_test_123", stripe.Options{HTTPClient: &http.Client{Transport: spoiled}})
	if _, err := c.CreateCheckout(t.Context(), fullCheckout); !payment.Is(err, payment.Refused) {
		t.Errorf("an unknown parameter: %v", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestACheckoutSaysAllThatItIsAsked reads the request's form as Stripe would.
func TestACheckoutSaysAllThatItIsAsked(t *testing.T) {
	t.Parallel()
	sent := &noted{RoundTripper: roundtrip.Transport(mock())}
	c := stripe.Open("sk_test_123", stripe.Options{HTTPClient: &http.Client{Transport: sent}})
	if _, err := c.CreateCheckout(t.Context(), fullCheckout); err != nil {
		t.Fatal(err)
	}
	got := sent.calls[0]
	if got.method != "POST" || got.path != "/v1/checkout/sessions" || got.key != "key-1" ||
		got.header.Get("Authorization") != "Bearer sk_test_123" {
		t.Errorf("%s %s, key %q", got.method, got.path, got.key)
	}
	for name, want := range map[string]string{
		"mode": "subscription", "payment_method_types[0]": "card", "client_reference_id": "inv_1", "customer_email": "ada@example.com",
		"line_items[0][price]": "price_1", "line_items[0][quantity]": "1", "line_items[1][price]": "price_2", "line_items[1][quantity]": "2",
		"metadata[invite]": "inv_1", "subscription_data[metadata][invite]": "inv_1", "subscription_data[metadata][agency]": "ag_1",
		"success_url": fullCheckout.SuccessURL, "cancel_url": fullCheckout.CancelURL, "expires_at": "1900000000",
		"automatic_tax[enabled]": "true", "allow_promotion_codes": "true", "billing_address_collection": "required", "tax_id_collection[enabled]": "true",
	} {
		if got := got.form[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	if got.form.Has("customer") || got.form.Has("customer_update[address]") {
		t.Error("a customer is named, and there is none")
	}
}
