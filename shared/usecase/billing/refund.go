package billing

import (
	"context"
	"log/slog"
	"slices"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/purchase"
)

// ending are the states of an item that is not had any more, nor still to be made.
var ending = []purchase.State{purchase.Compensating, purchase.Refunded, purchase.Deleting, purchase.Deleted}

// Refunds gives clients back what they have paid for what could not be made.
type Refunds struct{ Provider Provider }

// Return gives back what the client has paid for one item that could not be made, and ends its renewal. The client's other
// items stay as they are; when there is none that is had or still made, the whole subscription is ended and paid back. It
// may be repeated: what was given back is not given back twice. Failures are faults with code [fault.Unavailable] or
// [fault.PaymentsOff], or payment.Error.
func (s *Refunds) Return(ctx context.Context, c *client.Client, key string) error {
	var of *purchase.Item
	alone := true
	for n := range c.Items {
		switch i := &c.Items[n]; {
		case i.Key == key:
			of = i
		case !i.Left && !slices.Contains(ending, i.State):
			alone = false
		}
	}
	if of == nil || c.Payment.Reference == "" {
		return nil
	}
	if alone {
		return payBack(ctx, s.Provider, c.Payment.Reference, "nothing of it could be made")
	}
	sub, err := s.Provider.Subscription(ctx, c.Payment.Reference)
	if payment.Is(err, payment.Missing) {
		return nil
	}
	if err != nil {
		return asFault(err)
	}
	for _, line := range sub.Items {
		if a, ok := article(c.Contract(), line); ok && a == of.Article {
			return s.returnLine(ctx, sub, line, key)
		}
	}
	return nil // it is off the subscription, which is the last that is done
}

// returnLine gives a line's part of the last payment back, and then takes the line off the subscription.
func (s *Refunds) returnLine(ctx context.Context, sub payment.Subscription, line payment.Item, key string) error {
	last, err := s.Provider.LastPayment(ctx, sub.ID)
	if err != nil && !payment.Is(err, payment.Missing) {
		return asFault(err)
	}
	if part := share(last, sub.Items, line); last.Intent != "" && part.Minor > 0 {
		_, err := s.Provider.Refund(ctx, payment.RefundRequest{IdempotencyKey: "return." + sub.ID + "." + key,
			Intent: last.Intent, Amount: part, Metadata: map[string]string{"latchkey_item": key}})
		if err != nil && !payment.Is(err, payment.KeyReused) { // then it was given back, when more of the payment was left
			return asFault(err)
		}
	}
	err = s.Provider.RemoveItem(ctx, line.ID)
	if payment.Is(err, payment.Refused) {
		_, err = s.Provider.CancelSubscription(ctx, sub.ID, false)
	}
	if payment.Is(err, payment.Missing) {
		return nil
	}
	return asFault(err)
}

// share is what of a payment was for one line: its price's share of all prices, so that tax and discounts are shared as
// well; at most what is left of the payment.
func share(p payment.Payment, lines []payment.Item, line payment.Item) money.Amount {
	sum, of := int64(0), line.Amount.Minor*max(line.Quantity, 1)
	for _, l := range lines {
		sum += l.Amount.Minor * max(l.Quantity, 1)
	}
	if sum == 0 {
		return money.Amount{}
	}
	part := (p.Amount.Minor*of + sum/2) / sum
	return money.Amount{Minor: min(part, p.Amount.Minor-p.Refunded.Minor), Currency: p.Amount.Currency}
}

// payBack ends a subscription that nothing can be given for, and gives its money back. Both may be repeated.
func payBack(ctx context.Context, provider Provider, sub, why string) error {
	_, err := provider.RefundLast(ctx, sub, "refund."+sub)
	switch {
	case payment.Is(err, payment.Refused): // a payment that the payer's bank has asked about, say: it must not be taken again at least
		slog.ErrorContext(ctx, "a payment that nothing was given for cannot be paid back",
			Alert, "billing_not_refunded", "subscription", sub, "why", why, "error", err)
	case err != nil && !payment.Is(err, payment.Missing):
		return asFault(err)
	}
	if _, err := provider.CancelSubscription(ctx, sub, false); err != nil && !payment.Is(err, payment.Missing) {
		return asFault(err)
	}
	slog.WarnContext(ctx, "a subscription is cancelled and paid back", Alert, "billing_paid_back", "subscription", sub, "why", why)
	return nil
}
