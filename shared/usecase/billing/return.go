package billing

import (
	"context"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	making "latchkey.dev/shared/domain/purchase"
)

// Return gives back what the client has paid for one item that could not be made, and ends its renewal. The client's other
// items stay as they are; when there is none that is had or still made, the whole subscription is ended and paid back. It
// may be repeated: what was given back is not given back twice. Failures are faults with code [fault.Unavailable], or
// payment.Error.
func (s *Cashier) Return(ctx context.Context, c *client.Client, key string) error {
	if s.Till == nil {
		return errOff
	}
	var of *making.Item
	alone := true
	for n := range c.Items {
		switch i := &c.Items[n]; {
		case i.Key == key:
			of = i
		case !i.Left && i.State != making.Compensating && i.State != making.Refunded && i.State != making.Deleting && i.State != making.Deleted:
			alone = false
		}
	}
	if of == nil || c.Payment.Reference == "" {
		return nil
	}
	if alone {
		return s.payBack(ctx, c.Payment.Reference, "nothing of it could be made")
	}
	sub, err := s.Till.Subscription(ctx, c.Payment.Reference)
	if payment.Is(err, payment.Missing) {
		return nil
	}
	if err != nil {
		return said(err)
	}
	for _, line := range sub.Items {
		if a, ok := article(c.Contract(), line); ok && a == of.Article {
			return s.returnLine(ctx, sub, line, key)
		}
	}
	return nil // it is off the subscription, which is the last that is done
}

// returnLine gives a line's part of the last payment back, and then takes the line off the subscription.
func (s *Cashier) returnLine(ctx context.Context, sub payment.Subscription, line payment.Item, key string) error {
	last, err := s.Till.LastPayment(ctx, sub.ID)
	if err != nil && !payment.Is(err, payment.Missing) {
		return said(err)
	}
	if part := share(last, sub.Items, line); last.Intent != "" && part.Minor > 0 {
		_, err := s.Till.Refund(ctx, payment.RefundRequest{IdempotencyKey: "return." + sub.ID + "." + key, Intent: last.Intent, Amount: part, Metadata: map[string]string{"latchkey_item": key}})
		if err != nil && !payment.Is(err, payment.KeyReused) { // then it was given back, when more of the payment was left
			return said(err)
		}
	}
	err = s.Till.RemoveItem(ctx, line.ID)
	if payment.Is(err, payment.Refused) {
		_, err = s.Till.CancelSubscription(ctx, sub.ID, false)
	}
	if payment.Is(err, payment.Missing) {
		return nil
	}
	return said(err)
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
