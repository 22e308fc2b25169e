package billing

import (
	"context"

	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
)

// facts asks the payment service for all that a decision about a payment needs. The subscription is the one to ask for; ""
// for the one that is known.
func facts(ctx context.Context, provider Provider, p *subscription.Subscription, sub string) (f subscription.Facts, err error) {
	if id := p.Checkout.ID; id != "" && p.State == subscription.CheckoutOpen {
		x, err := provider.Checkout(ctx, id)
		switch {
		case payment.Is(err, payment.Missing):
		case err != nil:
			return f, asFault(err)
		default:
			f.Checkout = &x
			if sub == "" || sub == p.Reference { // an earlier one, which ended, tells nothing of a page that is out
				if sub = x.Subscription; sub == "" {
					return f, nil
				}
			}
		}
	}
	if sub == "" {
		sub = p.Reference
	}
	if sub == "" {
		return f, nil
	}
	x, err := provider.Subscription(ctx, sub)
	if payment.Is(err, payment.Missing) {
		return f, nil
	}
	if err != nil {
		return f, asFault(err)
	}
	f.Subscription = &x
	if !x.Status.Serves() {
		return f, nil
	}
	last, err := provider.LastPayment(ctx, sub)
	if err != nil && !payment.Is(err, payment.Missing) {
		return f, asFault(err)
	}
	f.PaidUntil = last.Until
	if x.Status == payment.PastDue {
		if f.Owed, err = provider.Owed(ctx, x); err != nil && !payment.Is(err, payment.Missing) {
			return f, asFault(err)
		}
	}
	if last.Disputed {
		all, err := provider.DisputesOf(ctx, last.Intent)
		if err != nil {
			return f, asFault(err)
		}
		for _, d := range all {
			f.Disputed = f.Disputed || d.Open() || d.Status == payment.DisputeLost
			f.Inquiry = f.Inquiry || d.Asks()
		}
	}
	return f, nil
}
