package payment_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

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
