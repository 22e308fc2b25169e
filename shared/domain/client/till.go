package client

import "context"

// Till is what takes the money of clients that pay for themselves.
type Till interface {
	// Close ends the payment page that is out for a relationship, which is about to end; it is no fault when there is
	// none. Faults: [fault.AlreadyPaid] when it was paid meanwhile, [fault.Unavailable].
	Close(ctx context.Context, c *Client) error
}

// CloseTill closes the payment page of c, where anything is sold at all: t may be nil.
func CloseTill(ctx context.Context, t Till, c *Client) error {
	if t == nil {
		return nil
	}
	return t.Close(ctx, c)
}
