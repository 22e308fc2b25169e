// Package webhooks sends events to programs of agencies' own: it keeps the endpoints, brings what the outbox holds to them, tries again,
// gives up, and catches up.
package webhooks

import (
	"context"
	"slices"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/seal"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/webhook"
)

// Count is how many endpoints an agency has, as it was read.
type Count struct{ N, Version int }

// DeliveryQuery asks for a page of deliveries, newest first.
type DeliveryQuery struct {
	State   webhook.State // "" for all
	Limit   int
	After   id.Delivery // the last one of the page before; "" for the first page
	Examine int         // how many a read looks at
}

// Reads is what looking at endpoints needs. Faults of all that read one thing: [fault.NotFound].
type Reads interface {
	Endpoints(ctx context.Context, agency id.Agency) ([]webhook.Endpoint, error)
	Endpoint(ctx context.Context, agency id.Agency, which id.WebhookEndpoint) (*webhook.Endpoint, error)
	// Deliveries is one read, of which those that match are returned, and the cursor of the next read, "" at the end.
	Deliveries(ctx context.Context, agency id.Agency, which id.WebhookEndpoint, q DeliveryQuery) ([]webhook.Delivery, id.Delivery, error)
	Delivery(ctx context.Context, agency id.Agency, which id.WebhookEndpoint, d id.Delivery) (*webhook.Delivery, error)
	// ClientName is how the agency calls the client; "" for one that is gone.
	ClientName(ctx context.Context, agency id.Agency, client id.Client) (string, error)
}

// Store is what changing endpoints needs. What is written from a state that is not so any more is [conflict.ErrChanged].
type Store interface {
	Reads
	// Count counts the agency's endpoints.
	Count(ctx context.Context, agency id.Agency) (Count, error)
	// Recall reads what an idempotency key made; a fault with code NotFound when it is not known.
	Recall(ctx context.Context, agency id.Agency, key string) (*idempotency.Record, error)
	// CreateEndpoint writes an endpoint that must not exist, with its row of the log and its idempotency key, while the count holds. A
	// fault with code Forbidden when the agency is closed.
	CreateEndpoint(ctx context.Context, e *webhook.Endpoint, c Count, row audit.Entry, once *idempotency.Record) error
	// SaveEndpoint writes an endpoint with rows of the log.
	SaveEndpoint(ctx context.Context, e *webhook.Endpoint, rows ...audit.Entry) error
	// DeleteEndpoint writes that an endpoint is deleted, while the count holds.
	DeleteEndpoint(ctx context.Context, e *webhook.Endpoint, c Count, row audit.Entry) error
	// SaveDelivery writes a delivery; one of version 0 must not exist.
	SaveDelivery(ctx context.Context, d *webhook.Delivery) error
}

// Queue takes jobs.
type Queue interface {
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Directory shows an agency its endpoints.
type Directory struct {
	Store Reads
	Now   func() time.Time
}

// List lists the endpoints of the caller's agency, oldest first.
func (d *Directory) List(ctx context.Context, caller identity.Caller) ([]webhook.Endpoint, error) {
	if err := caller.May(identity.WebhooksRead); err != nil {
		return nil, err
	}
	all, err := d.Store.Endpoints(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, e := range all {
		if !e.Deleted {
			out = append(out, e)
		}
	}
	return out, nil
}

// Get reads one endpoint. Faults: [fault.NotFound].
func (d *Directory) Get(ctx context.Context, caller identity.Caller, which id.WebhookEndpoint) (*webhook.Endpoint, error) {
	if err := caller.May(identity.WebhooksRead); err != nil {
		return nil, err
	}
	return there(d.Store.Endpoint(ctx, caller.Agency, which))
}

// there is the endpoint, if it isn't deleted.
func there(e *webhook.Endpoint, err error) (*webhook.Endpoint, error) {
	if err == nil && e.Deleted {
		return nil, fault.New(fault.NotFound, "errors.there_is_no_such_webhook_endpoint")
	}
	return e, err
}

// reads is how often one request looks for deliveries in a state, and examine how many it looks at each time.
const (
	reads   = 8
	examine = 200
)

// Deliveries reads a page of an endpoint's deliveries, newest first, in a bounded number of reads: it may come short of its limit, with
// a cursor to go on from. Faults: [fault.NotFound].
func (d *Directory) Deliveries(ctx context.Context, caller identity.Caller, which id.WebhookEndpoint, q DeliveryQuery,
) ([]webhook.Delivery, id.Delivery, error) {
	if _, err := d.Get(ctx, caller, which); err != nil {
		return nil, "", err
	}
	q.Examine = q.Limit
	if q.State != "" {
		q.Examine = examine
	}
	var out []webhook.Delivery
	for range reads {
		some, next, err := d.Store.Deliveries(ctx, caller.Agency, which, q)
		if err != nil {
			return nil, "", err
		}
		if room := q.Limit - len(out); len(some) > room {
			some = some[:room]
			next = some[room-1].ID
		}
		out, q.After = append(out, some...), next
		if next == "" || len(out) == q.Limit {
			break
		}
	}
	return out, q.After, nil
}

// Delivery reads one delivery, and the text that would be sent now. Faults: [fault.NotFound].
func (d *Directory) Delivery(ctx context.Context, caller identity.Caller, which id.WebhookEndpoint, delivery id.Delivery,
) (*webhook.Delivery, []byte, error) {
	if _, err := d.Get(ctx, caller, which); err != nil {
		return nil, nil, err
	}
	found, err := d.Store.Delivery(ctx, caller.Agency, which, delivery)
	if err != nil {
		return nil, nil, err
	}
	body, _, err := body(ctx, d.Store, found)
	return found, body, err
}

// body is the text of a delivery, with the client's name as it is now, and that name; "" for none.
func body(ctx context.Context, s interface {
	ClientName(ctx context.Context, agency id.Agency, client id.Client) (string, error)
}, d *webhook.Delivery) (text []byte, name string, err error) {
	data := d.Data
	if data.Client != nil {
		p := *data.Client
		if name, err = s.ClientName(ctx, d.Agency, id.Client(p.ID)); err != nil {
			return nil, "", err
		}
		p.Name, data.Client = name, &p
	}
	return webhook.Body(d.Type, data), name, nil
}

// Endpoints changes an agency's endpoints.
type Endpoints struct {
	Store Store
	Guard webhook.Guard // which addresses may be typed in
	Own   string        // the product's own host
	Now   func() time.Time
}

// Secrets makes endpoints, and new secrets for them.
type Secrets struct {
	Endpoints
	Keys *seal.Ring // that secrets are sealed with
}

// Change is what somebody wants of an endpoint; what is nil stays.
type Change struct {
	URL         *string
	Description *string
	Types       *[]webhook.Type
	Enabled     *bool
}

// Check says what is wrong with values. Faults: [fault.Invalid].
func (s *Endpoints) Check(c Change) error { return s.apply(&webhook.Endpoint{}, c, time.Time{}) }

// apply changes what the form has. Faults: [fault.Invalid].
func (s *Endpoints) apply(e *webhook.Endpoint, c Change, now time.Time) error {
	var wrong [3]error
	address := e.URL
	if c.URL != nil {
		address, wrong[0] = webhook.ParseURL("url", *c.URL, s.Guard, s.Own)
	}
	if c.Description != nil {
		var bad error
		e.Description, bad = text.Line("description", *c.Description, webhook.MaxDescription)
		wrong[1] = bad
	}
	if c.Types != nil {
		e.Types, wrong[2] = webhook.ParseTypes("types", *c.Types)
	}
	if err := fault.Together(wrong[:]...); err != nil {
		return err
	}
	e.Move(address, now)
	return nil
}

// Create makes an endpoint. The secret is returned here, and never again: a repeated request (same once key) answers with the endpoint
// and an empty secret. Faults: [fault.Invalid], [fault.Full], [fault.StepUpRequired], [fault.IdempotencyUsed].
func (s *Secrets) Create(ctx context.Context, caller identity.Caller, c Change, once string) (*webhook.Endpoint, string, error) {
	if err := caller.MayNow(identity.WebhooksWrite, s.Now()); err != nil {
		return nil, "", err
	}
	if c.URL == nil {
		empty := ""
		c.URL = &empty
	}
	if err := s.Check(c); err != nil {
		return nil, "", err
	}
	record, err := idempotency.For("createWebhookEndpoint", caller.Actor(), once, c)
	if err != nil {
		return nil, "", err
	}
	var e *webhook.Endpoint
	var secret string
	err = conflict.Retry(ctx, func() error {
		secret = ""
		now := s.Now().Truncate(time.Millisecond) // as it is stored
		if record != nil {
			stored, err := s.Store.Recall(ctx, caller.Agency, record.Key)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if again, err := record.Replays(stored, now); err != nil {
				return err
			} else if again {
				e, err = there(s.Store.Endpoint(ctx, caller.Agency, id.WebhookEndpoint(stored.Result)))
				return err
			}
		}
		count, err := s.Store.Count(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if count.N >= webhook.MaxEndpoints {
			return fault.New(fault.Full, "webhooks.full", "most", webhook.MaxEndpoints)
		}
		e = webhook.New(caller.Agency, caller.Actor(), now)
		if err := s.apply(e, c, now); err != nil {
			return err
		}
		secret = webhook.NewSecret()
		e.Secret = s.Keys.Seal(secret, e.SecretPlace())
		return s.Store.CreateEndpoint(ctx, e, count, row(now, caller, audit.EndpointCreated, e.ID, ""), record.Of(string(e.ID), now))
	})
	if err != nil {
		return nil, "", err
	}
	return e, secret, nil
}

// row is a row of the agency's log about an endpoint.
func row(now time.Time, caller identity.Caller, a audit.Action, e id.WebhookEndpoint, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: a, Subject: string(e),
		Detail: detail}
}

// on changes an endpoint, again where somebody else was faster. change returns whether anything is to be written, and the rows of the log.
func on(ctx context.Context, s Store, clock func() time.Time, caller identity.Caller, which id.WebhookEndpoint,
	change func(e *webhook.Endpoint, now time.Time) (bool, []audit.Entry, error),
) (*webhook.Endpoint, error) {
	var e *webhook.Endpoint
	return e, conflict.Retry(ctx, func() (err error) {
		if e, err = there(s.Endpoint(ctx, caller.Agency, which)); err != nil {
			return err
		}
		changed, rows, err := change(e, clock().Truncate(time.Millisecond))
		if err != nil || !changed {
			return err
		}
		return s.SaveEndpoint(ctx, e, rows...)
	})
}

// Update changes an endpoint. What is so already is neither written nor logged. Faults: [fault.Invalid], [fault.NotFound],
// [fault.StepUpRequired].
func (s *Endpoints) Update(ctx context.Context, caller identity.Caller, which id.WebhookEndpoint, c Change) (*webhook.Endpoint, error) {
	if err := caller.MayNow(identity.WebhooksWrite, s.Now()); err != nil {
		return nil, err
	}
	return on(ctx, s.Store, s.Now, caller, which, func(e *webhook.Endpoint, now time.Time) (bool, []audit.Entry, error) {
		before := *e
		if err := s.apply(e, c, now); err != nil {
			return false, nil, err
		}
		var rows []audit.Entry
		if e.URL != before.URL || e.Description != before.Description || !slices.Equal(e.Types, before.Types) {
			rows = append(rows, row(now, caller, audit.EndpointChanged, e.ID, ""))
		}
		if c.Enabled != nil && *c.Enabled != (e.Disabled == "") {
			if *c.Enabled {
				e.Enable(now)
				rows = append(rows, row(now, caller, audit.EndpointEnabled, e.ID, ""))
			} else {
				e.Disable(now, webhook.ByPerson)
				rows = append(rows, row(now, caller, audit.EndpointDisabled, e.ID, string(webhook.ByPerson)))
			}
		}
		return len(rows) > 0, rows, nil
	})
}

// Rotate makes another secret, which is returned here and never again. Events are signed with those before, too, each for
// [webhook.Overlap]. Faults: [fault.NotFound], [fault.RateLimited], [fault.StepUpRequired].
func (s *Secrets) Rotate(ctx context.Context, caller identity.Caller, which id.WebhookEndpoint) (*webhook.Endpoint, string, error) {
	if err := caller.MayNow(identity.WebhooksWrite, s.Now()); err != nil {
		return nil, "", err
	}
	secret := webhook.NewSecret()
	e, err := on(ctx, s.Store, s.Now, caller, which, func(e *webhook.Endpoint, now time.Time) (bool, []audit.Entry, error) {
		err := e.Rotate(s.Keys.Seal(secret, e.SecretPlace()), now)
		return true, []audit.Entry{row(now, caller, audit.EndpointRotated, e.ID, "")}, err
	})
	if err != nil {
		return nil, "", err
	}
	return e, secret, nil
}

// Delete deletes an endpoint, and then its deliveries. Faults: [fault.NotFound], [fault.StepUpRequired].
func (s *Endpoints) Delete(ctx context.Context, caller identity.Caller, which id.WebhookEndpoint) error {
	if err := caller.MayNow(identity.WebhooksWrite, s.Now()); err != nil {
		return err
	}
	return conflict.Retry(ctx, func() error {
		count, err := s.Store.Count(ctx, caller.Agency)
		if err != nil {
			return err
		}
		e, err := there(s.Store.Endpoint(ctx, caller.Agency, which))
		if err != nil {
			return err
		}
		now := s.Now().Truncate(time.Millisecond)
		e.Delete(now)
		return s.Store.DeleteEndpoint(ctx, e, count, row(now, caller, audit.EndpointDeleted, e.ID, ""))
	})
}
