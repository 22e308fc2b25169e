package client

import (
	"context"

	"latchkey.dev/shared/domain/subscription"
)

// CheckoutCloser closes payment pages of the payment service.
type CheckoutCloser interface {
	// Close closes the payment page that is open for a relationship. Faults: [fault.AlreadyPaid] when it was paid meanwhile,
	// [fault.Unavailable].
	Close(ctx context.Context, c *Client) error
}

// CloseCheckout closes the payment page of a relationship that is about to end, so that nobody pays for what is not to be
// had any more. Where no page is open it asks nobody. Faults: as of [CheckoutCloser].
func CloseCheckout(ctx context.Context, by CheckoutCloser, c *Client) error {
	if c.Payment.State != subscription.CheckoutOpen {
		return nil
	}
	return by.Close(ctx, c)
}
