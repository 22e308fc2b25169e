package dynamo

import (
	"context"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/usecase/provisioning"
)

// Purchases is what making what was bought needs.
type Purchases struct{ t *Table }

// NewPurchases makes Purchases of the table.
func NewPurchases(t *Table) Purchases { return Purchases{t} }

var _ provisioning.Store = Purchases{}

// Client reads one relationship.
func (p Purchases) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return p.t.client(ctx, agency, ref, fresh)
}

// Resource reads one resource as it is now.
func (p Purchases) Resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error) {
	return p.t.resource(ctx, agency, which)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (p Purchases) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return p.t.commit(ctx, agency, change)
}
