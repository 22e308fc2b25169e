package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/webhook"
	"latchkey.dev/shared/usecase/webhooks"
)

// WebhookReads is what looking at webhook endpoints needs.
type WebhookReads struct{ t *Table }

// NewWebhookReads makes WebhookReads of the table.
func NewWebhookReads(t *Table) WebhookReads { return WebhookReads{t} }

var _ webhooks.Reads = WebhookReads{}

// Endpoints lists the agency's endpoints as they are now, oldest first.
func (w WebhookReads) Endpoints(ctx context.Context, which id.Agency) ([]webhook.Endpoint, error) {
	return w.t.endpoints(ctx, which)
}

// Endpoint reads an endpoint as it is now.
func (w WebhookReads) Endpoint(ctx context.Context, which id.Agency, e id.WebhookEndpoint) (*webhook.Endpoint, error) {
	return w.t.endpoint(ctx, which, e)
}

// Deliveries reads a page of an endpoint's deliveries, newest first.
func (w WebhookReads) Deliveries(ctx context.Context, which id.Agency, e id.WebhookEndpoint, q webhooks.DeliveryQuery,
) ([]webhook.Delivery, id.Delivery, error) {
	return w.t.ways(ctx, which, e, q)
}

// Delivery reads a delivery as it is now.
func (w WebhookReads) Delivery(ctx context.Context, which id.Agency, e id.WebhookEndpoint, d id.Delivery) (*webhook.Delivery, error) {
	return w.t.way(ctx, which, e, d)
}

// ClientName is how the agency calls the client; "" for one that is gone.
func (w WebhookReads) ClientName(ctx context.Context, which id.Agency, c id.Client) (string, error) {
	x, err := w.t.client(ctx, which, c.Ref(), true)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	if err != nil || x.ID != c || x.Erased() {
		return "", err
	}
	return x.Name, nil
}

// Webhooks is what changing webhook endpoints needs.
type Webhooks struct{ WebhookReads }

// NewWebhooks makes Webhooks of the table.
func NewWebhooks(t *Table) Webhooks { return Webhooks{WebhookReads{t}} }

var _ webhooks.Store = Webhooks{}

// Count counts the agency's endpoints.
func (w Webhooks) Count(ctx context.Context, which id.Agency) (webhooks.Count, error) {
	n, version, err := w.t.hooks(ctx, string(which))
	return webhooks.Count{N: n, Version: version}, err
}

// Recall reads what an idempotency key made.
func (w Webhooks) Recall(ctx context.Context, which id.Agency, hash string) (*idempotency.Record, error) {
	return w.t.recall(ctx, which, hash)
}

// CreateEndpoint writes an endpoint that must not exist, while the count holds.
func (w Webhooks) CreateEndpoint(ctx context.Context, e *webhook.Endpoint, c webhooks.Count, row audit.Entry, once *idempotency.Record,
) error {
	return w.t.createEndpoint(ctx, e, c, row, once)
}

// SaveEndpoint writes an endpoint while the stored version is the one that was read.
func (w Webhooks) SaveEndpoint(ctx context.Context, e *webhook.Endpoint, rows ...audit.Entry) error {
	return w.t.saveEndpoint(ctx, e, rows)
}

// DeleteEndpoint writes that an endpoint is deleted, while the count holds.
func (w Webhooks) DeleteEndpoint(ctx context.Context, e *webhook.Endpoint, c webhooks.Count, row audit.Entry) error {
	return w.t.deleteEndpoint(ctx, e, c, row)
}

// SaveDelivery writes a delivery while the stored version is the one that was read.
func (w Webhooks) SaveDelivery(ctx context.Context, d *webhook.Delivery) error {
	return w.t.saveWay(ctx, d)
}

// WebhookSweep is what bringing events on their way needs.
type WebhookSweep struct{ WebhookReads }

// NewWebhookSweep makes WebhookSweep of the table.
func NewWebhookSweep(t *Table) WebhookSweep { return WebhookSweep{WebhookReads{t}} }

var _ webhooks.Outbox = WebhookSweep{}

// Overdue lists at most limit things of a shard whose time has come, oldest first, or newest first.
func (w WebhookSweep) Overdue(ctx context.Context, shard int, now time.Time, limit int, newest bool) ([]webhooks.Due, error) {
	return w.t.hookOverdue(ctx, shard, now, limit, newest)
}

// Shards is how many shards there are.
func (w WebhookSweep) Shards() int { return shards }

// Row reads a row that waits for being told.
func (w WebhookSweep) Row(ctx context.Context, d webhooks.Due) (audit.Entry, error) {
	return w.t.outboxRow(ctx, d)
}

// FanOut writes the deliveries of a row and takes it out of the outbox. It returns those that were written.
func (w WebhookSweep) FanOut(ctx context.Context, d webhooks.Due, all []webhook.Delivery) ([]webhook.Delivery, error) {
	return w.t.fanOut(ctx, d, all)
}

// Client reads a relationship as it is now.
func (w WebhookSweep) Client(ctx context.Context, which id.Agency, ref id.Ref) (*client.Client, error) {
	return w.t.client(ctx, which, ref, true)
}

// SaveEndpoint writes an endpoint while the stored version is the one that was read.
func (w WebhookSweep) SaveEndpoint(ctx context.Context, e *webhook.Endpoint, rows ...audit.Entry) error {
	return w.t.saveEndpoint(ctx, e, rows)
}

// SaveDelivery writes a delivery while the stored version is the one that was read.
func (w WebhookSweep) SaveDelivery(ctx context.Context, d *webhook.Delivery) error {
	return w.t.saveWay(ctx, d)
}

// WebhookWork is what the worker of webhooks needs.
type WebhookWork struct{ WebhookReads }

// NewWebhookWork makes WebhookWork of the table.
func NewWebhookWork(t *Table) WebhookWork { return WebhookWork{WebhookReads{t}} }

var _ webhooks.Work = WebhookWork{}

// Client reads a relationship as it is now.
func (w WebhookWork) Client(ctx context.Context, which id.Agency, ref id.Ref) (*client.Client, error) {
	return w.t.client(ctx, which, ref, true)
}

// SaveEndpoint writes an endpoint while the stored version is the one that was read.
func (w WebhookWork) SaveEndpoint(ctx context.Context, e *webhook.Endpoint, rows ...audit.Entry) error {
	return w.t.saveEndpoint(ctx, e, rows)
}

// SaveDelivery writes a delivery while the stored version is the one that was read.
func (w WebhookWork) SaveDelivery(ctx context.Context, d *webhook.Delivery) error {
	return w.t.saveWay(ctx, d)
}

// Waiting reads a page of the deliveries that wait for the endpoint, oldest first.
func (w WebhookWork) Waiting(ctx context.Context, which id.Agency, e id.WebhookEndpoint, since time.Time, after id.Delivery,
) ([]webhook.Delivery, id.Delivery, error) {
	return w.t.waitingFor(ctx, which, e, since, after)
}

// Rows reads a page of what a recovery is to look through, oldest first.
func (w WebhookWork) Rows(ctx context.Context, which id.Agency, r webhook.Recovery) ([]audit.Entry, bool, error) {
	return w.t.rows(ctx, which, r)
}

// Purge deletes some deliveries of an endpoint that was deleted, and the endpoint with the last ones.
func (w WebhookWork) Purge(ctx context.Context, which id.Agency, e id.WebhookEndpoint) (bool, error) {
	return w.t.purgeWays(ctx, which, e)
}
