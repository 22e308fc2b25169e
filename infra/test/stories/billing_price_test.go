package lifecycle

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
)

// What an operator can make by hand in the payment service's dashboard is sold for what it is, or not at all; what is sound
// beside it goes on being sold.
func TestFM6FM7WhatCannotBeShownRightIsNotSold(t *testing.T) {
	t.Parallel()
	every := func(n int, usage, interval string) map[string]any {
		return map[string]any{"recurring": map[string]any{"interval": interval, "interval_count": n, "usage_type": usage}}
	}
	for name, c := range map[string]struct {
		members map[string]any
		why     string
	}{
		"a fraction of a cent": {map[string]any{"unit_amount": nil, "unit_amount_decimal": "2900.5"}, "not a whole number"},
		"a fraction beside it": {map[string]any{"unit_amount_decimal": "2900.5"}, "not a whole number"},
		"no amount":            {map[string]any{"unit_amount": nil, "unit_amount_decimal": nil}, "not a whole number"},
		"nothing":              {map[string]any{"unit_amount": 0, "unit_amount_decimal": "0"}, "costs nothing"},
		"less than nothing":    {map[string]any{"unit_amount": -5, "unit_amount_decimal": "-5"}, "costs nothing"},
		"beyond counting":      {map[string]any{"unit_amount": 1e19, "unit_amount_decimal": "10000000000000000000"}, "not a whole number"},
		"more than is charged": {map[string]any{"unit_amount": 1e15, "unit_amount_decimal": "1000000000000000"}, "more than can be charged"},
		"every three months":   {every(3, "licensed", "month"), "every 3 months"},
		"by the week":          {every(1, "licensed", "week"), "recurs by the week"},
		"by the year":          {every(1, "licensed", "year"), "recurs by the year"},
		"by its use":           {every(1, "metered", "month"), "metered"},
		"once":                 {map[string]any{"recurring": nil, "type": "one_time"}, "paid once"},
		"in tiers":             {map[string]any{"billing_scheme": "tiered", "tiers_mode": "volume", "unit_amount": nil}, "tiers"},
		"as one likes":         {map[string]any{"custom_unit_amount": map[string]any{"minimum": 1}}, "custom_unit_amount"},
		"in packs of ten":      {map[string]any{"transform_quantity": map[string]any{"divide_by": 10, "round": "up"}}, "transform_quantity"},
		"in dollars":           {map[string]any{"currency": "usd"}, "it is in USD, and the others are in EUR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shopIn(t, func(s *shop) {
				o := s.office("Northwind")
				must(t, s.till.Distort("hosting_10_month", c.members))
				must(t, s.reconciler.Refresh(s.ctx))
				s.unsold(o, 10, "hosting_10_month", c.why)
				if _, err := s.prices.QuoteFor(s.ctx, o.owner, contract.Order{StorageGB: 30}); err != nil {
					t.Errorf("what is sound: %v", err)
				}
				must(t, s.till.Distort("hosting_10_month", nil))
				s.skip(time.Second)
				must(t, s.reconciler.Refresh(s.ctx))
				if _, err := s.prices.QuoteFor(s.ctx, o.owner, contract.Order{StorageGB: 10}); err != nil {
					t.Errorf("mended: %v", err)
				}
			})
		})
	}
}

func TestFM7TwoPricesUnderOneLookupKeyAreNotSold(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		_, err := s.till.Double("hosting_50_year")
		must(t, err)
		must(t, s.reconciler.Refresh(s.ctx))
		s.unsold(s.office("Northwind"), 50, "hosting_50_year", "another active price has the same lookup key")
	})
}

// A page that asks for another sum than the contract is closed before anybody sees it, and an operator is called; so is the one of
// the agency's own plan. Where the two agree again, it is sold.
func TestFM12APageThatAsksForAnotherSumIsClosed(t *testing.T) {
	shopIn(t, func(s *shop) {
		var log bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		defer slog.SetDefault(before)
		called := func() int { return strings.Count(log.String(), "alert=billing_price_differs") }

		o := s.office("Northwind")
		which := s.order(o, "ops@acme.example")
		must(t, s.till.Amend("hosting_30_month", 2901))
		for n := range 2 {
			_, err := s.checkouts.Start(s.ctx, person("ops@acme.example"), o.id, payment.Month, "")
			s.wants(err, fault.PaymentsOff)
			equal(s.world, "operators called", called(), n+1)
		}
		p := o.get(which).Payment
		equal(s.world, "what is open", [3]any{p.State, p.Checkout.ID, p.Checkout.URL}, [3]any{subscription.None, "", ""})
		open, err := s.service.CheckoutsOf(s.ctx, payment.CheckoutQuery{Email: "ops@acme.example", Status: payment.CheckoutOpen})
		must(t, err)
		equal(s.world, "pages that can be paid", len(open), 0)

		_, err = s.checkouts.Start(s.ctx, person("ops@acme.example"), o.id, payment.Year, "") // whose price is as it was
		must(t, err)

		solo := s.found("Solo", agency.Free, time.Now().Add(-90*24*time.Hour))
		owner := solo.owner
		owner.Since, owner.Proved = time.Now(), time.Now()
		must(t, s.till.Amend("max_month", 1))
		_, err = s.plans.Start(s.ctx, owner, payment.Month)
		s.wants(err, fault.PaymentsOff)
		equal(s.world, "operators called", called(), 3)
		equal(s.world, "what is open", s.agency(solo).Payment.State, subscription.None)
	})
}

// unsold expects that a size is not sold, and that the operator is told why.
func (s *shop) unsold(o *office, gb int, key, why string) {
	s.t.Helper()
	_, err := s.prices.QuoteFor(s.ctx, o.owner, contract.Order{StorageGB: gb})
	s.wants(err, fault.PaymentsOff)
	tariff, err := s.table.Tariff(s.ctx)
	must(s.t, err)
	if got := tariff.Flaws[key]; !strings.Contains(got, why) {
		s.t.Errorf("the operator reads %q, want %q", got, why)
	}
}

// A signed event whose id, or whose object's, has not the form of one is taken note of and comes to nothing.
func TestFM10AnEventWithoutAnIDIsDropped(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		take := stripe.Receiver([]string{webhookSecret}, time.Now, s.listener.Listen)
		send := func(event, object string) int {
			body := []byte(`{"id":"` + event + `","object":"event","type":"invoice.paid","data":{"object":{"id":"` + object +
				`","object":"invoice"}}}`)
			r := httptest.NewRequest(http.MethodPost, "/stripe/webhook", bytes.NewReader(body))
			r.Header.Set("Stripe-Signature", standin.Sign(body, []string{webhookSecret}, time.Now()))
			w := httptest.NewRecorder()
			take.ServeHTTP(w, r)
			return w.Code
		}
		long := strings.Repeat("x", 200<<10)
		for _, x := range [][2]string{{"evt_" + long, "in_1"}, {"", "in_1"}, {"evt_1", ""}, {"evt_1", "in_" + long}, {"in_1", "in_1"},
			{"evt_ 1", "in_1"}, {"evt_1", "in_1/../x"}} {
			equal(s.world, "answer", send(x[0], x[1]), http.StatusOK)
			equal(s.world, "something waits", s.waits(s.queue), false)
		}
		equal(s.world, "one in its form", send("evt_1", "in_1"), http.StatusOK)
		equal(s.world, "it waits", s.waits(s.queue), true)
		s.run(time.Minute)
		equal(s.world, "it was dealt with", s.waits(s.queue), false)
	})
}
