package billing

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/subscription"
)

// LooksPerHour is how often the payment service is asked in an hour for those of an agency who wait for their plan. After that
// its own word, or the sweep, is waited for.
const LooksPerHour = 30

// Awaiting has the payment of a plan looked at for whoever has paid and waits, since the payment service's own word may be late
// or lost. The asking is the [Worker]'s, so that a page does not carry the payment service's client.
type Awaiting struct {
	Store interface {
		// Allow counts one use under the name in the window that now is in, and returns how long to wait when there have
		// been most of them in it.
		Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
	}
	Queue Queue // of billing jobs
	Now   func() time.Time
}

// Ask has the agency's payment looked at, if one is awaited. What cannot be asked now is asked by the next reload, or the sweep.
func (s *Awaiting) Ask(ctx context.Context, a *agency.Agency) error {
	if a.Payment.State != subscription.CheckoutOpen || a.Payment.Checkout.ID == "" {
		return nil
	}
	wait, err := s.Store.Allow(ctx, "plan-look#"+string(a.ID), LooksPerHour, time.Hour, s.Now())
	if err != nil || wait > 0 {
		return err
	}
	enqueue(ctx, s.Queue, job.Billing{Agency: a.ID}.Encode())
	return nil
}
