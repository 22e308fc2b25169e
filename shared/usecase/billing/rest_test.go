package billing

import (
	"testing"
	"time"

	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
)

func TestFM8UnusedDaysAreWholeOnesAndNeverMoreThanIsLeft(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	x := &payment.Subscription{Items: []payment.Item{{PeriodStart: begin, PeriodEnd: begin.AddDate(0, 0, 30)}}}
	for name, c := range map[string]struct {
		after    time.Duration
		refunded int64
		want     int64
	}{
		"at once":              {0, 0, 3000},
		"within the first day": {time.Hour, 0, 2900},
		"after ten days":       {10 * 24 * time.Hour, 0, 2000},
		"on the last day":      {29*24*time.Hour + time.Minute, 0, 0},
		"after the end":        {40 * 24 * time.Hour, 0, 0},
		"with some back":       {10 * 24 * time.Hour, 1500, 1500},
		"with all back":        {10 * 24 * time.Hour, 3000, 0},
	} {
		p := payment.Payment{Amount: money.Amount{Minor: 3000, Currency: "EUR"}, Refunded: money.Amount{Minor: c.refunded, Currency: "EUR"}}
		if got := unused(p, x, begin.Add(c.after)); got.Minor != c.want {
			t.Errorf("%s: %d, want %d", name, got.Minor, c.want)
		}
	}
	late := payment.Payment{Amount: money.Amount{Minor: 3000, Currency: "EUR"}, Refunded: money.Amount{Currency: "EUR"}, Until: begin}
	if got := unused(late, x, begin.Add(time.Hour)); got.Minor != 0 {
		t.Errorf("of a payment for the period before: %v", got)
	}
	if late.Until = begin.AddDate(0, 0, 30); unused(late, x, begin.Add(time.Hour)).Minor != 2900 {
		t.Error("nothing of the payment for this period")
	}
	if got := unused(payment.Payment{Amount: money.Amount{Minor: 3000}}, &payment.Subscription{}, begin); got.Minor != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
