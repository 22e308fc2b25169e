package billing

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
)

// rest stops the payment of a client whose agency's instances the operator has stopped, and gives the unused days back; and takes up
// again what rests when they have been started again. The facts are then what the payment service says after it. All of it may be
// repeated: the money goes back first, once for each stop.
func (s *Checkouts) rest(ctx context.Context, c *client.Client, f *subscription.Facts) error {
	x := f.Subscription
	if x == nil || x.ID != c.Payment.Reference || x.Status.Final() || !x.Resting && !x.Status.Serves() {
		return nil
	}
	a, err := s.Store.Agency(ctx, c.Agency)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch halted := !a.HaltedAt.IsZero(); {
	case halted == x.Resting || !halted && !c.Payment.Resting: // as it should be, or somebody else's doing
		return nil
	case halted:
		if err := returnUnused(ctx, s.Provider, x, fmt.Sprint("rest.", x.ID, ".", a.HaltedAt.UnixMilli()), a.HaltedAt); err != nil {
			return err
		}
		_, err = s.Provider.Rest(ctx, x.ID)
	case !c.Joined(): // whoever has left takes up nothing
		_, err = s.Provider.CancelSubscription(ctx, x.ID, false)
	default:
		_, err = s.Provider.Wake(ctx, x.ID)
	}
	if err != nil {
		return asFault(err)
	}
	*f, err = facts(ctx, s.Provider, &c.Payment, x.ID)
	return err
}

// rest stops the payment of an agency's own plan while the agency is suspended and cannot use it, and gives the unused days back; and
// takes up again what rests when the suspension is lifted. The subscription rests, and does not end, because one that has ended can
// never be taken up again (BILLING.md: canceled is inactive): its owner would have to buy anew. One that was to end by itself is not
// taken up: a new period was never asked for. Otherwise as for clients.
func (s *Plans) rest(ctx context.Context, a *agency.Agency, f *subscription.Facts) error {
	x := f.Subscription
	if x == nil || x.ID != a.Payment.Reference && (a.Payment.State.Open() || a.Payment.State == subscription.Disputed) ||
		x.Status.Final() || !x.Resting && !x.Status.Serves() {
		return nil
	}
	var err error
	switch {
	case a.Suspended == x.Resting || !a.Suspended && !a.Payment.Resting: // as it should be, or somebody else's doing
		return nil
	case a.Suspended:
		key := fmt.Sprint("rest.", x.ID, ".", a.SuspendedAt.UnixMilli())
		if err := returnUnused(ctx, s.Provider, x, key, a.SuspendedAt); err != nil {
			return err
		}
		_, err = s.Provider.Rest(ctx, x.ID)
	case !x.Renews():
		_, err = s.Provider.CancelSubscription(ctx, x.ID, false)
	default:
		_, err = s.Provider.Wake(ctx, x.ID)
	}
	if err != nil {
		return asFault(err)
	}
	*f, err = facts(ctx, s.Provider, &a.Payment, x.ID)
	return err
}

// shut closes the open page of the plan of an agency that is suspended, so that nobody pays for what cannot be used.
func (s *Plans) shut(ctx context.Context, a *agency.Agency) error {
	if !a.Suspended || a.Payment.State != subscription.CheckoutOpen || a.Payment.Checkout.ID == "" {
		return nil
	}
	if _, err := s.Provider.ExpireCheckout(ctx, a.Payment.Checkout.ID); err != nil && !payment.Is(err, payment.Missing) {
		return asFault(err)
	}
	return nil
}

// returnUnused gives back what was paid for the days of the current period that are left at a moment.
func returnUnused(ctx context.Context, provider Provider, x *payment.Subscription, key string, at time.Time) error {
	if x.Status != payment.Active { // what is left is not paid
		return nil
	}
	last, err := provider.LastPayment(ctx, x.ID)
	if err != nil && !payment.Is(err, payment.Missing) {
		return asFault(err)
	}
	part := unused(last, x, at)
	if last.Intent == "" || part.Minor <= 0 {
		return nil
	}
	_, err = provider.Refund(ctx, payment.RefundRequest{IdempotencyKey: key, Intent: last.Intent, Amount: part,
		Metadata: map[string]string{"latchkey_rest": at.UTC().Format(time.RFC3339)}})
	switch {
	case payment.Is(err, payment.KeyReused): // it was given back before
	case payment.Is(err, payment.Refused): // it must rest all the same
		slog.ErrorContext(ctx, "unused days cannot be paid back", Alert, "billing_not_refunded", "subscription", x.ID, "error", err)
	case err != nil:
		return asFault(err)
	}
	return nil
}

// unused is the part of a payment for the days of the period that have not begun, at most what is left of it. A renewal moves the
// period ahead before it is paid: of one that the payment is not for nothing is given back.
func unused(p payment.Payment, x *payment.Subscription, at time.Time) money.Amount {
	const day = 24 * time.Hour
	if len(x.Items) == 0 {
		return money.Amount{}
	}
	begin, end := x.Items[0].PeriodStart, x.PeriodEnd()
	if !p.Until.IsZero() && !p.Until.After(begin) {
		return money.Amount{}
	}
	all, left := int64(end.Sub(begin)/day), int64(end.Sub(at)/day)
	if all <= 0 || left <= 0 {
		return money.Amount{}
	}
	part := p.Amount.Minor * min(left, all) / all
	return money.Amount{Minor: min(part, p.Amount.Minor-p.Refunded.Minor), Currency: p.Amount.Currency}
}
