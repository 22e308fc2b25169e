// Package conflict is how the product writes without locks: a state is read, the next one is computed, and the
// write holds only if the state is still the one that was read. When it is not, everything is decided afresh.
package conflict

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"latchkey.dev/shared/domain/fault"
)

// ErrChanged says that a write was computed from something that is not so any more. Nothing was written; read
// again, and decide again.
var ErrChanged = errors.New("changed meanwhile")

const tries = 40

// Retry runs f until it returns something else than ErrChanged, and returns that. Waits between tries grow and are
// random, so that those who met do not meet again. After some seconds of conflicts it gives up with code
// [fault.Unavailable].
func Retry(ctx context.Context, f func() error) error {
	for try := range tries {
		err := f()
		if !errors.Is(err, ErrChanged) {
			return err
		}
		most := int64(min(try+1, 25)) * int64(4*time.Millisecond)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(rand.Int64N(most) + 1)): //nolint:gosec // jitter needs no secrecy
		}
	}
	return fault.New(fault.Unavailable, "errors.too_many_changes_at_once_try")
}
