package conflict_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
)

func TestWhatIsDecidedIsReturnedAtOnce(t *testing.T) {
	t.Parallel()
	other := errors.New("other")
	for _, want := range []error{nil, other} {
		calls := 0
		if err := conflict.Retry(t.Context(), func() error { calls++; return want }); !errors.Is(err, want) || calls != 1 {
			t.Errorf("%v after %d calls, want %v", err, calls, want)
		}
	}
}

func TestAChangeInBetweenIsDecidedAfresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		err := conflict.Retry(t.Context(), func() error {
			if calls++; calls < 5 {
				return fmt.Errorf("store: %w", conflict.ErrChanged)
			}
			return nil
		})
		if err != nil || calls != 5 {
			t.Errorf("%v after %d calls", err, calls)
		}
	})
}

func TestEndlessConflictIsGivenUpWithinSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, calls := time.Now(), 0
		err := conflict.Retry(t.Context(), func() error { calls++; return conflict.ErrChanged })
		if !fault.Is(err, fault.Unavailable) || calls < 10 || time.Since(start) > 5*time.Second {
			t.Errorf("%v after %d calls and %s", err, calls, time.Since(start))
		}
	})
}

func TestACallerWhoHasGoneIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		err := conflict.Retry(ctx, func() error {
			if calls++; calls == 3 {
				cancel()
			}
			return conflict.ErrChanged
		})
		// With the context done, the wait's own end may still win the select for a few tries.
		if !errors.Is(err, context.Canceled) || calls < 3 {
			t.Errorf("%v after %d calls", err, calls)
		}
	})
}
