package billing

import (
	"context"
	"log/slog"
	"slices"

	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
)

// Listener takes what the payment service tells, and leaves it to the [Worker].
type Listener struct{ Queue Queue }

// Listen puts an event whose signature was checked on the queue. One of another account is dropped, since it is none of
// ours, and so is one of a type that says nothing to us.
func (l *Listener) Listen(ctx context.Context, e payment.Event) error {
	if e.Account != "" || !slices.Contains(payment.EventTypes, e.Type) {
		return nil
	}
	if !e.Known() { // signed, and of no use however often it comes
		slog.WarnContext(ctx, "an event without an id of the payment service's form is dropped", "type", e.Type, "bytes", len(e.ID),
			"object_bytes", len(e.Object.ID))
		return nil
	}
	return l.Queue.Send(ctx, job.Billing{Event: e.ID, Type: e.Object.Type, Object: e.Object.ID}.Encode(), 0)
}
