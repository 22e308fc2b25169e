package billing

import (
	"context"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
)

// CheckoutCloser closes the open pages of relationships that are about to end. It asks the payment service for one thing
// only, so that functions which close pages do not carry the rest of its client; what else is to be looked at is a job of
// the [Worker]'s.
type CheckoutCloser struct {
	Provider interface {
		// ExpireCheckout closes an open page and returns the checkout as it is then: complete, if it was paid meanwhile.
		ExpireCheckout(ctx context.Context, id string) (payment.Checkout, error)
	}
	Queue Queue // of billing jobs
}

var _ client.CheckoutCloser = (*CheckoutCloser)(nil)

// Close ends the open page of a relationship that is about to end. Faults: [fault.AlreadyPaid] when it was paid
// meanwhile: then the person is a client, or will be in a moment; [fault.Unavailable].
func (s *CheckoutCloser) Close(ctx context.Context, c *client.Client) error {
	look := job.Billing{Agency: c.Agency, Ref: c.Ref()}.Encode()
	if c.Payment.Checkout.ID == "" { // somebody is asking for the page at this moment, or has died over it, see Checkouts.tidy
		enqueue(ctx, s.Queue, look)
		return fault.New(fault.Unavailable, "errors.the_payment_page_is_being_opened")
	}
	ended, err := s.Provider.ExpireCheckout(ctx, c.Payment.Checkout.ID)
	if err != nil && !payment.Is(err, payment.Missing) {
		return asFault(err)
	}
	if ended.Status == payment.CheckoutComplete {
		enqueue(ctx, s.Queue, look)
		return fault.New(fault.AlreadyPaid, "errors.it_was_paid_a_moment_ago")
	}
	return nil
}
