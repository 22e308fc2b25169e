package webhooks

import (
	"context"
	"errors"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/webhook"
)

// wake has a page of what waited for an endpoint tried, and goes on with the next.
func (w *Worker) wake(ctx context.Context, j webhook.Job, e *webhook.Endpoint) error {
	if e.Woken.IsZero() || !e.Open() {
		return nil
	}
	some, next, err := w.Store.Waiting(ctx, j.Agency, j.Endpoint, e.WaitingSince(), j.After)
	if err != nil {
		return err
	}
	for i := range some {
		if some[i].Kind == webhook.Trial {
			continue
		}
		if err := deliver(ctx, w.Queue, &some[i], 0); err != nil {
			return err
		}
	}
	if next != "" {
		j.After = next
		return w.Queue.Send(ctx, j.Encode(), 0)
	}
	return w.onEndpoint(ctx, e, func(fresh *webhook.Endpoint) {
		if fresh.Waited.Equal(e.Waited) { // else it has failed and come back meanwhile, and what waits since then has a job of its own
			fresh.Woken = time.Time{}
		}
	})
}

func (w *Worker) onEndpoint(ctx context.Context, e *webhook.Endpoint, change func(e *webhook.Endpoint)) error {
	return conflict.Retry(ctx, func() error {
		fresh, err := w.Store.Endpoint(ctx, e.Agency, e.ID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		change(fresh)
		return w.Store.SaveEndpoint(ctx, fresh)
	})
}

// regain makes deliveries of a page of rows that were never on their way to the endpoint, tries once more what was given up or missed, and
// has the next page looked at.
func (w *Worker) regain(ctx context.Context, j webhook.Job, e *webhook.Endpoint) error {
	r := e.Catch(j.Back)
	if r == nil || !e.Open() {
		return nil
	}
	rows, more, err := w.Store.Rows(ctx, j.Agency, *r)
	if err != nil {
		return err
	}
	f := facts{store: w.Store, now: w.Now().Truncate(time.Millisecond)}
	kind := webhook.Regains
	if j.Back { // nobody has asked for it
		kind = webhook.Live
	}
	for _, row := range rows {
		all, err := f.deliveries(ctx, e, row, kind)
		if err != nil {
			return err
		}
		for i := range all {
			if err := w.again(ctx, &all[i], f.now); err != nil {
				return err
			}
		}
	}
	done, overtaken := !more && r.Apart, false
	err = w.onEndpoint(ctx, e, func(e *webhook.Endpoint) {
		now := e.Catch(j.Back)
		// Queues give a job twice at times. Whoever is behind the other one would take the recovery back, or past what nobody has
		// looked at.
		overtaken = now == nil || now.From != r.From || now.To != r.To || now.After != r.After || now.Apart != r.Apart
		switch {
		case overtaken:
		case done:
			*now = webhook.Recovery{}
		case !more:
			now.After, now.Apart, now.At = "", true, f.now.Add(webhook.Safety)
		default:
			now.After, now.At = rows[len(rows)-1].ID, f.now.Add(webhook.Safety)
		}
	})
	if err != nil || done || overtaken {
		return err
	}
	return w.Queue.Send(ctx, j.Encode(), 0)
}

// again brings a delivery on its way that was not, or has come to nothing.
func (w *Worker) again(ctx context.Context, d *webhook.Delivery, now time.Time) error {
	err := w.Store.SaveDelivery(ctx, d)
	if errors.Is(err, conflict.ErrChanged) {
		err = conflict.Retry(ctx, func() error {
			old, err := w.Store.Delivery(ctx, d.Agency, d.Endpoint, d.ID)
			if err != nil || !old.Revive(now) {
				d = nil
				return err
			}
			d = old
			return w.Store.SaveDelivery(ctx, d)
		})
	}
	if err != nil || d == nil {
		return err
	}
	return deliver(ctx, w.Queue, d, 0)
}

// purge deletes a page of what is left of an endpoint that was deleted.
func (w *Worker) purge(ctx context.Context, j webhook.Job) error {
	done, err := w.Store.Purge(ctx, j.Agency, j.Endpoint)
	if err != nil || done {
		return err
	}
	j.Kind = webhook.Purge
	return w.Queue.Send(ctx, j.Encode(), 0)
}
