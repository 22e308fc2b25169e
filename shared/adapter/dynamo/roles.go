package dynamo

import (
	"context"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/roles"
)

// Roles is what looking after an agency's roles needs.
type Roles struct{ t *Table }

// NewRoles makes Roles of the table.
func NewRoles(t *Table) Roles { return Roles{t} }

var _ roles.Store = Roles{}

// Agency reads the agency as it is now.
func (r Roles) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return r.t.agency(ctx, which)
}

// Role reads one role as it is now.
func (r Roles) Role(ctx context.Context, agency id.Agency, which id.Role) (*role.Role, error) {
	return r.t.role(ctx, agency, which)
}

// Roles lists the agency's roles in the order in which they were made.
func (r Roles) Roles(ctx context.Context, agency id.Agency) ([]role.Role, error) {
	return r.t.roles(ctx, agency)
}

// Recall reads what an idempotency key made.
func (r Roles) Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error) {
	return r.t.recall(ctx, agency, hash)
}

// MakeRole writes a role that must not exist yet, while the agency has Client Portal and room for it; no other role may have its name.
func (r Roles) MakeRole(ctx context.Context, x *role.Role, row audit.Entry, once *idempotency.Record) error {
	return r.t.makeRole(ctx, x, row, once)
}

// ChangeRole writes the new state of the role whose version was read; before is the name that it had.
func (r Roles) ChangeRole(ctx context.Context, x *role.Role, before string, row audit.Entry) error {
	return r.t.changeRole(ctx, x, before, row)
}

// DeleteRole deletes the role whose version was read, while nobody has it.
func (r Roles) DeleteRole(ctx context.Context, x *role.Role, row audit.Entry) error {
	return r.t.deleteRole(ctx, x, row)
}

// EachClient visits the agency's listed clients, newest first, at most so many; the result says whether there are more.
func (r Roles) EachClient(ctx context.Context, agency id.Agency, most int, visit func(*client.Client)) (bool, error) {
	return r.t.eachClient(ctx, agency, most, visit)
}

// Rights is what saying what external users may see and do needs. It writes nothing.
type Rights struct{ t *Table }

// NewRights makes Rights of the table.
func NewRights(t *Table) Rights { return Rights{t} }

var _ roles.RightsStore = Rights{}

// Client reads one relationship.
func (r Rights) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return r.t.client(ctx, agency, ref, fresh)
}

// Standing reads the agency and some of its roles in one request, as they are now; roles that do not exist are left out.
func (r Rights) Standing(ctx context.Context, agency id.Agency, which []id.Role) (*agency.Agency, []role.Role, error) {
	return r.t.standing(ctx, agency, which)
}

// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
func (r Rights) ResourcesByID(ctx context.Context, which id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error) {
	return r.t.resourcesByID(ctx, which, ids)
}
