package billing

import (
	"context"

	"latchkey.dev/shared/client"
	"latchkey.dev/shared/fault"
	"latchkey.dev/shared/job"
	"latchkey.dev/shared/payment"
	"latchkey.dev/shared/subscription"
)

// Closer closes the open pages of invites that are about to be cancelled. It asks the payment service for one thing only;
// what else is to be looked at is a job of the [Clerk]'s.
type Closer struct {
	Till interface {
		// ExpireCheckout closes an open page and returns the checkout as it is then: complete, if it was paid meanwhile.
		ExpireCheckout(ctx context.Context, id string) (payment.Checkout, error)
	} // nil where nothing is sold
	Queue Queue // of billing jobs
}

// Close ends the open page of an invite that is about to be cancelled. Faults: [fault.AlreadyPaid] when it was paid
// meanwhile: then the person is a client, or will be in a moment; [fault.Unavailable].
func (s *Closer) Close(ctx context.Context, c *client.Client) error {
	if c.Payment.State != subscription.CheckoutOpen || s.Till == nil {
		return nil
	}
	if c.Payment.Checkout.ID == "" { // somebody is asking for the page at this moment, or has died over it: see Cashier.find
		enqueue(ctx, s.Queue, job.Billing{Agency: c.Agency, Ref: c.Ref()}.Encode())
		return fault.New(fault.Unavailable, "The client is opening the payment page at this moment. Try again in a minute or two.")
	}
	ended, err := s.Till.ExpireCheckout(ctx, c.Payment.Checkout.ID)
	if err != nil && !payment.Is(err, payment.Missing) {
		return said(err)
	}
	if ended.Status == payment.CheckoutComplete {
		enqueue(ctx, s.Queue, job.Billing{Agency: c.Agency, Ref: c.Ref()}.Encode())
		return fault.New(fault.AlreadyPaid, "The client has paid a moment ago, and is a client of yours now.")
	}
	return nil
}
