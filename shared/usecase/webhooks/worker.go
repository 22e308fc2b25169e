package webhooks

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/seal"
	"latchkey.dev/shared/domain/webhook"
)

// Work is what the worker needs.
type Work interface {
	Changes
	// Waiting reads a page of the deliveries that wait for the endpoint, oldest first, of events since then.
	Waiting(ctx context.Context, agency id.Agency, which id.WebhookEndpoint, since time.Time, after id.Delivery,
	) ([]webhook.Delivery, id.Delivery, error)
	// Rows reads a page of what a recovery is to look through, oldest first; more says that there is another.
	Rows(ctx context.Context, agency id.Agency, r webhook.Recovery) (rows []audit.Entry, more bool, err error)
	// Purge deletes some deliveries of an endpoint that was deleted, and the endpoint with the last ones.
	Purge(ctx context.Context, agency id.Agency, which id.WebhookEndpoint) (done bool, err error)
}

// Worker works on the webhook queue.
type Worker struct {
	Store Work
	Queue Queue
	Keys  *seal.Ring // that secrets are sealed with
	Post  Poster
	Now   func() time.Time
}

// Handle takes one message.
func (w *Worker) Handle(ctx context.Context, body []byte) error {
	j, err := webhook.DecodeJob(body)
	if err != nil {
		return err
	}
	e, err := w.Store.Endpoint(ctx, j.Agency, j.Endpoint)
	if fault.Is(err, fault.NotFound) {
		if j.Kind == webhook.Deliver || j.Kind == webhook.Purge { // by somebody who had read the endpoint before it was deleted
			return w.purge(ctx, j)
		}
		return nil
	}
	if err != nil {
		return err
	}
	switch j.Kind {
	case webhook.Purge:
		if !e.Deleted {
			return nil
		}
		return w.purge(ctx, j)
	case webhook.Wake:
		return w.wake(ctx, j, e)
	case webhook.Regain:
		return w.regain(ctx, j, e)
	}
	return w.deliver(ctx, j, e)
}

func deliver(ctx context.Context, q Queue, d *webhook.Delivery, delay time.Duration) error {
	return q.Send(ctx, webhook.Job{Kind: webhook.Deliver, Agency: d.Agency, Endpoint: d.Endpoint, Delivery: d.ID,
		Version: d.Version}.Encode(), delay)
}
