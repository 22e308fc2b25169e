package resources

import (
	"context"
	"errors"
	"sync"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/seal"
)

// Due points to an instance that is due to be called.
type Due struct {
	Agency   id.Agency
	Resource id.Resource
}

// WatchStore finds what is due and keeps what was seen. Reads of what is not there return a fault with code
// [fault.NotFound]; writes whose condition fails write nothing and return conflict.ErrChanged.
type WatchStore interface {
	rosterStore

	// Shards is how many shards the instances are spread over.
	Shards() int
	// Uncalled lists at most limit instances of a shard that are due to be called, longest due first.
	Uncalled(ctx context.Context, shard int, now time.Time, limit int) ([]Due, error)
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	Resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error)
}

// Watch calls the connected instances by the clock, so that both sides read how they are before they ask.
type Watch struct {
	Store WatchStore
	N8N   N8N
	Keys  *seal.Ring // that API keys are sealed with
	Now   func() time.Time
	// Note is told what a run found, for the log.
	Note func(ctx context.Context, pairs ...any)
}

// Bounds of one run. What is left is found by the next, which begins with what is due for longest.
const (
	watchPerShard = 100
	watchAtOnce   = 16               // calls
	watchFor      = 35 * time.Second // after which no more are begun; each ends within ten seconds, and four of listing
	listing       = 4 * time.Second
)

// Run calls what is due. That an instance does not answer is what is looked for, and no error.
func (w *Watch) Run(ctx context.Context) error {
	began := w.Now()
	var due []Due
	var errs []error
	for shard := range w.Store.Shards() {
		some, err := w.Store.Uncalled(ctx, shard, began, watchPerShard)
		if err != nil {
			errs = append(errs, err)
		}
		due = append(due, some...)
	}
	turns := make(chan Due)
	var mu sync.Mutex
	called, silent := 0, 0
	var all sync.WaitGroup
	for range min(watchAtOnce, len(due)) {
		all.Go(func() {
			for d := range turns {
				seen, err := w.one(ctx, d)
				mu.Lock()
				if err != nil {
					errs = append(errs, err)
				} else if called++; seen.Reason != "" {
					silent++
				}
				mu.Unlock()
			}
		})
	}
	for _, d := range due {
		if ctx.Err() != nil || w.Now().Sub(began) > watchFor {
			break
		}
		turns <- d
	}
	close(turns)
	all.Wait()
	w.Note(ctx, "due", len(due), "called", called, "silent", silent, "failed", len(errs))
	return errors.Join(errs...)
}

// one calls an instance and notes what came of it.
func (w *Watch) one(ctx context.Context, d Due) (instance.Seen, error) {
	r, err := w.Store.Resource(ctx, d.Agency, d.Resource)
	if fault.Is(err, fault.NotFound) {
		return instance.Seen{}, nil
	}
	if err != nil {
		return instance.Seen{}, err
	}
	if due := r.Due(); due.IsZero() || due.After(w.Now()) {
		return instance.Seen{}, nil // the index lags a moment behind
	}
	a, err := w.Store.Agency(ctx, d.Agency)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return instance.Seen{}, err
	}
	if err != nil || a.Suspended || !a.ClosedAt.IsZero() {
		r.Rest(w.Now())
		return instance.Seen{}, w.save(ctx, d, r, nil)
	}
	seen := instance.Unreadable()
	var roster *instance.Roster
	if plain, err := w.Keys.Open(r.Key, r.Place(d.Agency)); err == nil {
		at := instance.Endpoint{URL: r.URL, Key: plain}
		if seen = instance.SeenOf(w.N8N.Check(ctx, at)); seen.Reason == "" && r.Unlisted(w.Now()) {
			roster = w.list(ctx, at)
		}
	}
	if ctx.Err() != nil { // it is the run that has ended, whatever the instance would have said
		return instance.Seen{}, ctx.Err()
	}
	r.Noticed(w.Now().Truncate(time.Millisecond), seen)
	if roster != nil && !r.List(*roster) {
		roster = nil
	}
	return seen, w.save(ctx, d, r, roster)
}

// list reads the workflows, so that there is something to show when nobody came by before the instance went silent; nil
// where that does not come to an end in time.
func (w *Watch) list(ctx context.Context, e instance.Endpoint) *instance.Roster {
	ctx, cancel := context.WithTimeout(ctx, listing)
	defer cancel()
	all, more, err := w.N8N.Workflows(ctx, e)
	if err != nil {
		return nil
	}
	roster := instance.RosterOf(w.Now().Truncate(time.Millisecond), all, more)
	return &roster
}

// save writes what was seen. Where the instance has changed meanwhile, it is not what was called, and somebody else has
// seen it since.
func (w *Watch) save(ctx context.Context, d Due, r *instance.Resource, roster *instance.Roster) error {
	err := w.Store.Noted(ctx, d.Agency, r, roster)
	if errors.Is(err, conflict.ErrChanged) {
		return nil
	}
	return err
}
