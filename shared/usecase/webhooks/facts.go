package webhooks

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/webhook"
)

// Changes are what both who bring events to endpoints need.
type Changes interface {
	Reads
	// Client reads a relationship; a fault with code NotFound when there is none.
	Client(ctx context.Context, agency id.Agency, ref id.Ref) (*client.Client, error)
	SaveEndpoint(ctx context.Context, e *webhook.Endpoint, rows ...audit.Entry) error
	SaveDelivery(ctx context.Context, d *webhook.Delivery) error
}

// facts finds out what there is to tell of rows.
type facts struct {
	store   Changes
	now     time.Time
	failing map[id.WebhookEndpoint]bool
	known   map[id.Ref]*client.Client
}

// deliveries are those of a row to an endpoint: one for each type that it wants.
func (f *facts) deliveries(ctx context.Context, e *webhook.Endpoint, row audit.Entry, kind webhook.Kind) ([]webhook.Delivery, error) {
	if f.failing == nil {
		f.failing, f.known = map[id.WebhookEndpoint]bool{}, map[id.Ref]*client.Client{}
	}
	f.failing[e.ID] = !e.FailingSince.IsZero()
	var out []webhook.Delivery
	for n, t := range webhook.Of(row) {
		if !e.Wants(t) {
			continue
		}
		data, err := f.data(ctx, e.Agency, row)
		if err != nil {
			return nil, err
		}
		out = append(out, webhook.NewDelivery(e, webhook.Message(row.ID, n), t, row.At, data, kind, f.now))
	}
	return out, nil
}

// data is what is told of a row. What a client or an invite is like is read now.
func (f *facts) data(ctx context.Context, agency id.Agency, row audit.Entry) (webhook.Data, error) {
	d := webhook.DataOf(agency, row)
	ref := id.Client(row.Subject).Ref()
	if ref == "" {
		ref = id.Invite(row.Subject).Ref()
	}
	if ref == "" {
		return d, nil
	}
	c, known := f.known[ref]
	if !known {
		var err error
		if c, err = f.store.Client(ctx, agency, ref); err != nil && !fault.Is(err, fault.NotFound) {
			return d, err
		} else if err != nil {
			c = nil
		}
		f.known[ref] = c
	}
	switch {
	case c == nil || c.Erased():
		if id.Valid(id.ClientPrefix, row.Subject) {
			d.Client = &webhook.Party{ID: row.Subject}
		}
		return d, nil
	case string(c.Invite.ID) == row.Subject:
		d.Status = string(c.Invite.At(f.now))
	case string(c.ID) == row.Subject:
		d.Status = string(c.At(f.now))
	}
	d.Client = &webhook.Party{ID: string(c.ID), Status: string(c.At(f.now))}
	return d, nil
}
