package local

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// small is how many bytes a process may have while garbage is collected less often than usual.
const small = 1 << 30

// Tune has the garbage collector run a quarter as often, as long as the process is small: under load, engine and SDK make
// little that lasts and much that does not, and one fifth of the time would go into collecting it. A process of its own
// calls it once.
//
// A memory limit would not do: what lasts of a million clients is more than it by itself, and the collector would then never stop.
func Tune() {
	debug.SetGCPercent(percent(0))
	runtime.SetFinalizer(&cycle{}, (*cycle).over)
}

// cycle is out of use at once, so that its finalizer runs when a collection is over.
type cycle struct{ _ [16]byte }

// over sets the next collection by what this one has left, and waits for that.
func (c *cycle) over() {
	left := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(left)
	debug.SetGCPercent(percent(left[0].Value.Uint64()))
	runtime.SetFinalizer(c, (*cycle).over)
}

// percent is how much may be added to what is alive, in percent of it, before the next collection: four times as much, less where that
// makes the process large, and never less than Go's own 100.
func percent(alive uint64) int {
	if alive == 0 {
		return 400
	}
	return int(min(max(100*small/alive, 200), 500)) - 100 //nolint:gosec // at most 400
}
