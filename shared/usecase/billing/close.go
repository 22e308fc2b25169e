package billing

import (
	"context"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
)

// Closer closes the open pages of relationships that are about to end; it is a client.Till. It asks the payment service for one thing only;
// what else is to be looked at is a job of the [Clerk]'s.
type Closer struct {
	Till interface {
		// ExpireCheckout closes an open page and returns the checkout as it is then: complete, if it was paid meanwhile.
		ExpireCheckout(ctx context.Context, id string) (payment.Checkout, error)
	} // nil where nothing is sold
	Queue Queue // of billing jobs, for a look at once; nil leaves that to the event, and to the sweep
}

// Close ends the open page of a relationship that is about to end. Faults: [fault.AlreadyPaid] when it was paid
// meanwhile: then the person is a client, or will be in a moment; [fault.Unavailable].
func (s *Closer) Close(ctx context.Context, c *client.Client) error {
	if c.Payment.State != subscription.CheckoutOpen || s.Till == nil {
		return nil
	}
	if c.Payment.Checkout.ID == "" { // somebody is asking for the page at this moment, or has died over it: see Cashier.find
		enqueue(ctx, s.Queue, job.Billing{Agency: c.Agency, Ref: c.Ref()}.Encode())
		return fault.New(fault.Unavailable, "The payment page is being opened at this moment. Try again in a minute or two.")
	}
	ended, err := s.Till.ExpireCheckout(ctx, c.Payment.Checkout.ID)
	if err != nil && !payment.Is(err, payment.Missing) {
		return said(err)
	}
	if ended.Status == payment.CheckoutComplete {
		enqueue(ctx, s.Queue, job.Billing{Agency: c.Agency, Ref: c.Ref()}.Encode())
		return fault.New(fault.AlreadyPaid, "It was paid a moment ago, on the page that was still open. Look again in a moment.")
	}
	return nil
}
