package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/instance"
)

// Resources is what connecting instances and services needs.
type Resources struct{ t *Table }

// NewResources makes Resources of the table.
func NewResources(t *Table) Resources { return Resources{t} }

// Resource reads one resource as it is now.
func (r Resources) Resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error) {
	return r.t.resource(ctx, agency, which)
}

// Resources lists the agency's resources of a kind in the order in which they were made.
func (r Resources) Resources(ctx context.Context, which id.Agency, kind instance.Kind) ([]instance.Resource, error) {
	return r.t.resources(ctx, which, kind)
}

// Recall reads what an idempotency key made.
func (r Resources) Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error) {
	return r.t.recall(ctx, agency, hash)
}

// Connect writes a resource that must not exist yet; no other instance may have its address.
func (r Resources) Connect(
	ctx context.Context, agency id.Agency, resource *instance.Resource, row audit.Entry, once *idempotency.Record,
) error {
	return r.t.connect(ctx, agency, resource, row, once)
}

// Change writes the new state of the resource whose version was read; from is the address that it had.
func (r Resources) Change(ctx context.Context, agency id.Agency, resource *instance.Resource, from string, row *audit.Entry) error {
	return r.t.change(ctx, agency, resource, from, row)
}

// Disconnect deletes the resource whose version was read.
func (r Resources) Disconnect(ctx context.Context, agency id.Agency, resource *instance.Resource, row audit.Entry) error {
	return r.t.disconnect(ctx, agency, resource, row)
}

// EachClient visits the agency's listed clients, newest first, at most so many; the result says whether there are
// more.
func (r Resources) EachClient(ctx context.Context, agency id.Agency, most int, visit func(*client.Client)) (bool, error) {
	return r.t.eachClient(ctx, agency, most, visit)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (r Resources) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return r.t.allow(ctx, name, most, window, now)
}
