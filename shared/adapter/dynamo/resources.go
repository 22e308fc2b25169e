package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/usecase/resources"
)

// Inventory is what looking after an agency's instances and services needs.
type Inventory struct{ t *Table }

// NewInventory makes Inventory of the table.
func NewInventory(t *Table) Inventory { return Inventory{t} }

var _ resources.Store = Inventory{}

// Resource reads one resource as it is now.
func (i Inventory) Resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error) {
	return i.t.resource(ctx, agency, which)
}

// Resources lists the agency's resources of a kind in the order in which they were made.
func (i Inventory) Resources(ctx context.Context, which id.Agency, kind instance.Kind) ([]instance.Resource, error) {
	return i.t.resources(ctx, which, kind)
}

// Recall reads what an idempotency key made.
func (i Inventory) Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error) {
	return i.t.recall(ctx, agency, hash)
}

// Connect writes a resource that must not exist yet, while the agency has fewer than most of the kind; no other instance may
// have its address.
func (i Inventory) Connect(
	ctx context.Context, agency id.Agency, resource *instance.Resource, most int, row audit.Entry, once *idempotency.Record,
) error {
	return i.t.connect(ctx, agency, resource, most, row, once)
}

// Disconnect deletes the resource whose version was read.
func (i Inventory) Disconnect(ctx context.Context, agency id.Agency, resource *instance.Resource, row audit.Entry) error {
	return i.t.disconnect(ctx, agency, resource, row)
}

// EachClient visits the agency's listed clients, newest first, at most so many; the result says whether there are
// more.
func (i Inventory) EachClient(ctx context.Context, agency id.Agency, most int, visit func(*client.Client)) (bool, error) {
	return i.t.eachClient(ctx, agency, most, visit)
}

// Roster reads what the workflows of an instance were when they were last listed; nil when they never were.
func (i Inventory) Roster(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Roster, error) {
	return i.t.roster(ctx, agency, which)
}

// Connections is what calling an agency's instances needs besides.
type Connections struct{ t *Table }

// NewConnections makes Connections of the table.
func NewConnections(t *Table) Connections { return Connections{t} }

var _ resources.ConnectorStore = Connections{}

// Change writes the new state of the resource whose version was read; from is the address that it had.
func (c Connections) Change(ctx context.Context, agency id.Agency, resource *instance.Resource, from string, row *audit.Entry) error {
	return c.t.change(ctx, agency, resource, from, row)
}

// Noted writes what was seen of the resource whose version was read.
func (c Connections) Noted(ctx context.Context, agency id.Agency, resource *instance.Resource, roster *instance.Roster) error {
	return c.t.noted(ctx, agency, resource, roster)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (c Connections) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return c.t.allow(ctx, name, most, window, now)
}

// Watched is what calling instances by the clock needs.
type Watched struct{ t *Table }

// NewWatched makes Watched of the table.
func NewWatched(t *Table) Watched { return Watched{t} }

var _ resources.WatchStore = Watched{}

// Shards is how many shards the instances to be called are spread over.
func (w Watched) Shards() int { return shards }

// Uncalled lists at most limit instances of a shard that are due to be called, longest due first.
func (w Watched) Uncalled(ctx context.Context, shard int, now time.Time, limit int) ([]resources.Due, error) {
	return w.t.uncalled(ctx, shard, now, limit)
}

// Agency reads the agency as it is now.
func (w Watched) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return w.t.agency(ctx, which)
}

// Resource reads one resource as it is now.
func (w Watched) Resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error) {
	return w.t.resource(ctx, agency, which)
}

// Noted writes what was seen of the resource whose version was read.
func (w Watched) Noted(ctx context.Context, agency id.Agency, resource *instance.Resource, roster *instance.Roster) error {
	return w.t.noted(ctx, agency, resource, roster)
}
