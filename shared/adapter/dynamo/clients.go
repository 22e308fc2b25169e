package dynamo

import (
	"context"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/usecase/provisioning"
)

// Clients is what a decision about one relationship needs that looks at nothing else: cancelling, removing, renaming,
// trying again.
type Clients struct{ t *Table }

// NewClients makes Clients of the table.
func NewClients(t *Table) Clients { return Clients{t} }

var _ provisioning.RetryStore = Clients{}

// Client reads one relationship.
func (c Clients) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return c.t.client(ctx, agency, ref, fresh)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (c Clients) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return c.t.commit(ctx, agency, change)
}

// Grants is what opening resources to a client needs.
type Grants struct{ t *Table }

// NewGrants makes Grants of the table.
func NewGrants(t *Table) Grants { return Grants{t} }

// Client reads one relationship.
func (g Grants) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return g.t.client(ctx, agency, ref, fresh)
}

// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
func (g Grants) ResourcesByID(ctx context.Context, which id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error) {
	return g.t.resourcesByID(ctx, which, ids)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (g Grants) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return g.t.commit(ctx, agency, change)
}
