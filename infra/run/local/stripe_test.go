package local_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/local"
	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/payment"
)

// TestStripeStandsIn: the product's client on a running local run, over a socket, a payment, and the clock that moves.
func TestStripeStandsIn(t *testing.T) {
	t.Parallel()
	l := start(t, local.Options{})
	if prices, err := l.Payments().Prices(t.Context(), []string{"max_year"}); err != nil || len(prices) != 1 {
		t.Errorf("the payment service: %v, %v", prices, err)
	}
	provider := stripe.Open(l.Stripe.Key(), stripe.Options{Base: l.Origin() + "/_local/stripe/api"})
	prices, err := provider.Prices(t.Context(), []string{"hosting_30_year"})
	if err != nil || prices["hosting_30_year"].Amount.String() != "€490.00" {
		t.Fatalf("%v, %v", prices, err)
	}
	c, err := provider.CreateCheckout(t.Context(),
		payment.CheckoutRequest{Email: "ada@example.com", Lines: []payment.Line{{PriceID: "price_hosting_30_month"}},
			SuccessURL: l.Origin() + "/paid"})
	if err != nil || !strings.HasPrefix(c.URL, l.Origin()+"/_local/stripe/checkout/cs_test_") {
		t.Fatalf("%+v, %v", c, err)
	}
	path := strings.TrimPrefix(c.URL, l.Origin())
	if w := ask(l, http.MethodGet, path, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "n8n hosting, 30 GB") ||
		w.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("the checkout: %d %s", w.Code, w.Body)
	}
	if w := ask(l, http.MethodPost, path, "card=pay", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site",
		"cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("another site's page pays: %d", w.Code)
	}
	if w := ask(l, http.MethodPost, path, "card=pay", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site",
		"same-origin"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != l.Origin()+"/paid" {
		t.Errorf("paying: %d %s", w.Code, w.Body)
	}
	if c, err = provider.Checkout(t.Context(), c.ID); err != nil || !c.Settled() {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := l.Advance(t.Context(), 40*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	invoices, err := provider.Invoices(t.Context(), c.Customer)
	if err != nil || len(invoices) != 2 || invoices[0].Status != payment.InvoicePaid {
		t.Errorf("after a month: %+v, %v", invoices, err)
	}
	if w := ask(l, http.MethodGet, "/_local/", ""); !strings.Contains(w.Body.String(), `href="/_local/stripe/"`) {
		t.Error("nothing leads to the stand-in")
	}
}

// TestStripeIsKeptWithTheRest: what was paid before a restart is paid after it.
func TestStripeIsKeptWithTheRest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := local.Start(t.Context(), local.Options{InProcess: true, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	till := func(l *local.Local) *stripe.Client {
		return stripe.Open(l.Stripe.Key(), stripe.Options{HTTPClient: &http.Client{Transport: roundtrip.Transport(l.Stripe.API())}})
	}
	c, err := till(first).CreateCheckout(t.Context(),
		payment.CheckoutRequest{Email: "ada@example.com", Lines: []payment.Line{{PriceID: "price_max_month"}},
			SuccessURL: "http://localhost/paid"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Stripe.Pay(c.ID, standin.Card{Number: standin.CardGood}); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := start(t, local.Options{InProcess: true, Dir: dir})
	if c, err = till(second).Checkout(t.Context(), c.ID); err != nil || !c.Settled() {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestALocalRunMovesNoRealMoney(t *testing.T) {
	t.Parallel()
	if _, err := local.Start(t.Context(), local.Options{InProcess: true, StripeKey: "sk_live_1"}); err == nil ||
		!strings.Contains(err.Error(), "test keys") || strings.Contains(err.Error(), "sk_live_1") {
		t.Errorf("%v", err)
	}
	l := start(t, local.Options{InProcess: true, StripeKey: "sk_test_1"})
	if l.Payments().Livemode() {
		t.Error("a test key is live")
	}
}
