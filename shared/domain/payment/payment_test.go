package payment_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
)

func TestOnlyASettledCheckoutIsDelivered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status  payment.CheckoutStatus
		paid    payment.Status
		settled bool
	}{
		{payment.CheckoutComplete, payment.Paid, true},
		{payment.CheckoutComplete, payment.NoPaymentRequired, true},
		{payment.CheckoutComplete, payment.Unpaid, false}, // a method that takes days
		{payment.CheckoutOpen, payment.Unpaid, false},
		{payment.CheckoutOpen, payment.NoPaymentRequired, false},
		{payment.CheckoutExpired, payment.Unpaid, false},
	} {
		if got := (payment.Checkout{Status: c.status, PaymentStatus: c.paid}).Settled(); got != c.settled {
			t.Errorf("%s, %s: %v", c.status, c.paid, got)
		}
	}
}

func TestAStateSaysWhetherItServesAndWhetherItIsOver(t *testing.T) {
	t.Parallel()
	for status, want := range map[payment.SubscriptionStatus]struct{ serves, final bool }{
		payment.Active: {true, false}, payment.Trialing: {true, false}, payment.PastDue: {true, false}, payment.UnpaidStatus: {false, false},
		payment.Incomplete: {false, false}, payment.Paused: {false, false}, payment.IncompleteExpired: {false, true}, payment.Canceled: {false, true},
	} {
		if status.Serves() != want.serves || status.Final() != want.final {
			t.Errorf("%s serves: %v, is final: %v", status, status.Serves(), status.Final())
		}
	}
	for status, open := range map[payment.DisputeStatus]bool{
		payment.DisputeNeedsResponse: true, payment.DisputeUnderReview: true, payment.InquiryNeedsResponse: false, payment.InquiryUnderReview: false, payment.DisputeWon: false, payment.DisputeLost: false, payment.InquiryClosed: false,
	} {
		if (payment.Dispute{Status: status}).Open() != open {
			t.Errorf("a dispute that is %s", status)
		}
	}
}

func TestTheFirstItemEndsThePeriod(t *testing.T) {
	t.Parallel()
	soon, late := time.Unix(1, 0), time.Unix(2, 0)
	s := payment.Subscription{Items: []payment.Item{{PeriodEnd: late}, {PeriodEnd: soon}}}
	if !s.PeriodEnd().Equal(soon) || !(payment.Subscription{}).PeriodEnd().IsZero() {
		t.Errorf("%v", s.PeriodEnd())
	}
}

func TestAnErrorKeepsItsKindAndItsCause(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("opening the checkout: %w",
		&payment.Error{Kind: payment.Passing, Detail: "to ada@example.com", Err: io.ErrUnexpectedEOF})
	if !payment.Is(err, payment.Passing) || payment.Is(err, payment.Declined) || payment.Is(nil, payment.Passing) ||
		!errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	if text := err.Error(); text != "opening the checkout: payment: passing: unexpected EOF" {
		t.Error(text)
	}
}

// TestTheEventsFitOneRequest: Stripe takes twenty types.
func TestTheEventsFitOneRequest(t *testing.T) {
	t.Parallel()
	if n := len(payment.EventTypes); n > 20 {
		t.Errorf("%d types", n)
	}
}

func TestFM1AnEndIsReadInEitherForm(t *testing.T) {
	t.Parallel()
	period := time.Date(2026, 4, 2, 12, 0, 0, 0, time.UTC)
	later := period.AddDate(0, 0, 10)
	for name, c := range map[string]struct {
		at       time.Time
		atEnd    bool
		status   payment.SubscriptionStatus
		want     time.Time
		renewing bool
	}{
		"neither":           {status: payment.Active, renewing: true},
		"a time":            {at: period, status: payment.Active, want: period},
		"the period's end":  {atEnd: true, status: payment.Active, want: period},
		"both":              {at: period, atEnd: true, status: payment.Active, want: period},
		"within the period": {at: period.Add(-time.Hour), status: payment.Active, want: period.Add(-time.Hour)},
		"a later time":      {at: later, status: payment.Active, want: later, renewing: true},
		"it has ended":      {status: payment.Canceled},
	} {
		s := payment.Subscription{Status: c.status, CancelAt: c.at, CancelAtPeriodEnd: c.atEnd, Items: []payment.Item{{PeriodEnd: period}}}
		if !s.Ends().Equal(c.want) || s.Renews() != c.renewing {
			t.Errorf("%s: it ends %v, renews %v", name, s.Ends(), s.Renews())
		}
	}
}

func TestFM3AnInquiryIsNoDispute(t *testing.T) {
	t.Parallel()
	for status, asks := range map[payment.DisputeStatus]bool{payment.InquiryNeedsResponse: true, payment.InquiryUnderReview: true,
		payment.InquiryClosed: false, payment.DisputeNeedsResponse: false, payment.DisputeLost: false, "warning_of_tomorrow": true} {
		if d := (payment.Dispute{Status: status}); d.Asks() != asks || d.Inquiry() && d.Open() {
			t.Errorf("%s: asks %v, open %v", status, d.Asks(), d.Open())
		}
	}
}

func TestFM6FM7APriceIsSoldForWhatItIsOrNotAtAll(t *testing.T) {
	t.Parallel()
	good := payment.Price{ID: "price_1", LookupKey: "hosting_10_month", Amount: money.Amount{Minor: 2900, Currency: "EUR"}, Interval: payment.Month,
		Active: true, Whole: true, Count: 1, Usage: "licensed", Scheme: "per_unit"}
	if flaw := good.Flaw(payment.Month); flaw != "" {
		t.Fatalf("a good one: %s", flaw)
	}
	for want, change := range map[string]func(p *payment.Price){
		"another active price":       func(p *payment.Price) { p.Twice = true },
		"not active":                 func(p *payment.Price) { p.Active = false },
		"product is archived":        func(p *payment.Price) { p.Archived = true },
		"id has not the form":        func(p *payment.Price) { p.ID = "price 1" },
		"paid once":                  func(p *payment.Price) { p.Interval = "" },
		"recurs by the year":         func(p *payment.Price) { p.Interval = payment.Year },
		"recurs by the week":         func(p *payment.Price) { p.Interval = "week" },
		"every 3 months":             func(p *payment.Price) { p.Count = 3 },
		"every 0 months":             func(p *payment.Price) { p.Count = 0 },
		"usage type is \"metered\"":  func(p *payment.Price) { p.Usage = "metered" },
		"has tiers, and must be per": func(p *payment.Price) { p.Scheme = "tiered" },
		"has tiers":                  func(p *payment.Price) { p.Tiered = true },
		"transform_quantity":         func(p *payment.Price) { p.Transformed = true },
		"custom_unit_amount":         func(p *payment.Price) { p.Custom = true },
		"not a whole number":         func(p *payment.Price) { p.Whole = false },
		"costs nothing, or less":     func(p *payment.Price) { p.Amount.Minor = 0 },
		"costs nothing":              func(p *payment.Price) { p.Amount.Minor = -2900 },
		"more than can be charged":   func(p *payment.Price) { p.Amount.Minor = 1_000_000_000_000 },
		"currency is none":           func(p *payment.Price) { p.Amount.Currency = "" },
	} {
		p := good
		change(&p)
		if flaw := p.Flaw(payment.Month); !strings.Contains(flaw, want) {
			t.Errorf("want %q, it is %q", want, flaw)
		}
	}
}

func TestFM10AnIDHasItsForm(t *testing.T) {
	t.Parallel()
	long := "evt_" + strings.Repeat("x", 251)
	of := payment.Object{Type: "invoice", ID: "in_1"}
	for id, known := range map[string]bool{"evt_1": true, "evt_1ABCdef": true, long: true, long + "x": false, "": false, "in_1": false,
		"evt_\x00": false, "evt_ä": false, "evt_1 2": false, "evt_../x": false} {
		if e := (payment.Event{ID: id, Object: of}); e.Known() != known {
			t.Errorf("%.40q is known: %v", id, e.Known())
		}
	}
	for _, bad := range []payment.Object{{Type: "invoice"}, {Type: "invoice", ID: strings.Repeat("x", 200<<10)}, {Type: "invoice", ID: "in_1#x"},
		{Type: strings.Repeat("x", 200<<10), ID: "in_1"}} {
		if (payment.Event{ID: "evt_1", Object: bad}).Known() {
			t.Errorf("about %.40q it is known", bad.ID)
		}
	}
}
