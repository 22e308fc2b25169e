package dynamo

import (
	"context"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/provisioning"
)

// Clients is what a decision about one relationship needs that looks at nothing else: cancelling, removing, renaming,
// trying again.
type Clients struct{ t *Table }

// NewClients makes Clients of the table.
func NewClients(t *Table) Clients { return Clients{t} }

var (
	_ onboarding.ChangeStore  = Clients{}
	_ clients.Store           = Clients{}
	_ provisioning.RetryStore = Clients{}
)

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

var _ clients.AccessStore = Grants{}

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

// Directory is what listing an agency's clients and resources needs. It writes nothing.
type Directory struct{ t *Table }

// NewDirectory makes Directory of the table.
func NewDirectory(t *Table) Directory { return Directory{t} }

var _ clients.DirectoryStore = Directory{}

// Client reads one relationship.
func (d Directory) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return d.t.client(ctx, agency, ref, fresh)
}

// Clients lists relationships, newest first, from behind the cursor on.
func (d Directory) Clients(ctx context.Context, agency id.Agency, q clients.Query) ([]client.Client, id.Client, error) {
	return d.t.clients(ctx, agency, q)
}

// Agency reads the agency as it is now.
func (d Directory) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return d.t.agency(ctx, which)
}

// Sender reads the agency with how its mail goes out, and the claim that is switched on; nil where none is.
func (d Directory) Sender(ctx context.Context, which id.Agency) (*agency.Agency, *sender.Settings, *sender.Claim, error) {
	return d.t.sender(ctx, which)
}

// Resources lists the agency's resources of a kind in the order in which they were made.
func (d Directory) Resources(ctx context.Context, which id.Agency, kind instance.Kind) ([]instance.Resource, error) {
	return d.t.resources(ctx, which, kind)
}

// Standing reads the agency and some of its roles in one request, as they are now; roles that do not exist are left out.
func (d Directory) Standing(ctx context.Context, agency id.Agency, which []id.Role) (*agency.Agency, []role.Role, error) {
	return d.t.standing(ctx, agency, which)
}

// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
func (d Directory) ResourcesByID(ctx context.Context, which id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error) {
	return d.t.resourcesByID(ctx, which, ids)
}
