package senders

import (
	"context"
	"time"
)

// pollEvery is how often somebody who waits for an outcome is looked after.
const pollEvery = 200 * time.Millisecond

// Await waits until the records of a domain are known, at most for d, and returns how it stands then.
func (s *Claims) Await(ctx context.Context, v *View, d time.Duration) (*View, error) {
	return await(ctx, s.Store, v, d, s.Now, func(v *View) bool { return v.Ready() })
}

// Await waits until it is known what became of the domain's test mail, at most for d, and returns how it stands then.
func (s *Switch) Await(ctx context.Context, v *View, d time.Duration) (*View, error) {
	return await(ctx, s.Store, v, d, s.Now, func(v *View) bool { return v.Test.Outcome != "" })
}

func await(ctx context.Context, store ReadStore, v *View, d time.Duration, now func() time.Time, done func(*View) bool) (*View, error) {
	over := time.After(d)
	for d > 0 && !done(v) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-over:
			return v, nil
		case <-time.After(pollEvery):
		}
		next, err := view(ctx, store, v.Claim.Agency, v.ID, now())
		if err != nil {
			return nil, err
		}
		v = next
	}
	return v, nil
}
