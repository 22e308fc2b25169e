package webhooks

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/webhook"
)

// Asked does what people ask for of what is on its way.
type Asked struct {
	Store Store
	Queue Queue
	Now   func() time.Time
}

// asked counts what a person asks of an endpoint for, and does what goes with that.
func (s *Asked) asked(ctx context.Context, caller identity.Caller, which id.WebhookEndpoint,
	also func(e *webhook.Endpoint, now time.Time) error,
) (*webhook.Endpoint, error) {
	if err := caller.May(identity.WebhooksWrite); err != nil {
		return nil, err
	}
	return on(ctx, s.Store, s.Now, caller, which, func(e *webhook.Endpoint, now time.Time) (bool, []audit.Entry, error) {
		if also != nil {
			if err := also(e, now); err != nil {
				return false, nil, err
			}
		}
		return true, nil, e.Ask(now)
	})
}

// Test sends a test event, also to an endpoint that is disabled. Faults: [fault.NotFound], [fault.RateLimited].
func (s *Asked) Test(ctx context.Context, caller identity.Caller, which id.WebhookEndpoint) (*webhook.Delivery, error) {
	e, err := s.asked(ctx, caller, which, nil)
	if err != nil {
		return nil, err
	}
	now := s.Now().Truncate(time.Millisecond)
	message := id.New[id.Event](id.EventPrefix, now)
	data := webhook.DataOf(caller.Agency, audit.Entry{At: now, Actor: caller.Actor(), Subject: string(e.ID)})
	d := webhook.NewDelivery(e, message, webhook.Test, now, data, webhook.Trial, now)
	if err := s.Store.SaveDelivery(ctx, &d); err != nil {
		return nil, err
	}
	return &d, s.send(ctx, &d)
}

func (s *Asked) send(ctx context.Context, d *webhook.Delivery) error {
	return s.Queue.Send(ctx, webhook.Job{Kind: webhook.Deliver, Agency: d.Agency, Endpoint: d.Endpoint, Delivery: d.ID,
		Version: d.Version}.Encode(), 0)
}

// Redeliver has a delivery tried once more, now, with the id that it had. Faults: [fault.NotFound], [fault.EndpointOff],
// [fault.RateLimited].
func (s *Asked) Redeliver(ctx context.Context, caller identity.Caller, which id.WebhookEndpoint, delivery id.Delivery,
) (*webhook.Delivery, error) {
	_, err := s.asked(ctx, caller, which, func(e *webhook.Endpoint, _ time.Time) error {
		if !e.Open() {
			return fault.New(fault.EndpointOff, "webhooks.enable_first")
		}
		_, err := s.Store.Delivery(ctx, caller.Agency, which, delivery)
		return err
	})
	if err != nil {
		return nil, err
	}
	var d *webhook.Delivery
	err = conflict.Retry(ctx, func() (err error) {
		if d, err = s.Store.Delivery(ctx, caller.Agency, which, delivery); err != nil {
			return err
		}
		d.Again(s.Now().Truncate(time.Millisecond))
		return s.Store.SaveDelivery(ctx, d)
	})
	if err != nil {
		return nil, err
	}
	return d, s.send(ctx, d)
}

// Recover sends what has not reached the endpoint since then: what was given up, what was missed while it was disabled, and what the log
// has and was never on its way. Faults: [fault.Invalid], [fault.NotFound], [fault.EndpointOff],
// [fault.Recovering], [fault.RateLimited].
func (s *Asked) Recover(ctx context.Context, caller identity.Caller, which id.WebhookEndpoint, since time.Time,
) (*webhook.Endpoint, error) {
	e, err := s.asked(ctx, caller, which, func(e *webhook.Endpoint, now time.Time) error {
		switch {
		case since.IsZero() || since.After(now) || now.Sub(since) > webhook.Kept+webhook.Grace:
			return fault.InField("since", "webhooks.since_when", "days", int(webhook.Kept/(24*time.Hour)))
		case !e.Open():
			return fault.New(fault.EndpointOff, "webhooks.enable_first")
		case e.Recover.Running():
			return fault.New(fault.Recovering, "webhooks.recovering")
		}
		e.CatchUp(since, now)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e, s.Queue.Send(ctx, webhook.Job{Kind: webhook.Regain, Agency: e.Agency, Endpoint: e.ID}.Encode(), 0)
}
