package lifecycle

import (
	"sync"
	"testing"
)

// together runs f for 0 to n-1 at the same time and returns when all are done.
func together(n int, f func(int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// inBubble hides that a test has a deadline, which rapid would ask for: real time does not exist in a bubble.
type inBubble struct{ testing.TB }
