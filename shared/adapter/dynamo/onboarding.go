package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/usecase/onboarding"
)

// Relationships is what inviting needs: relationships, and all that a decision about one is made from.
type Relationships struct{ t *Table }

// NewRelationships makes Relationships of the table.
func NewRelationships(t *Table) Relationships { return Relationships{t} }

var _ onboarding.Store = Relationships{}

// Client reads one relationship.
func (r Relationships) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return r.t.client(ctx, agency, ref, fresh)
}

// Desk reads what a decision needs, as it is now.
func (r Relationships) Desk(ctx context.Context, agency id.Agency, want onboarding.Wanted) (*onboarding.Desk, error) {
	return r.t.desk(ctx, agency, want)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (r Relationships) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return r.t.commit(ctx, agency, change)
}

// Invitations is what the invitee's side needs: what inviting does, and limits, since nobody has signed in there.
type Invitations struct{ t *Table }

// NewInvitations makes Invitations of the table.
func NewInvitations(t *Table) Invitations { return Invitations{t} }

var _ onboarding.ReceptionStore = Invitations{}

// Client reads one relationship.
func (i Invitations) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return i.t.client(ctx, agency, ref, fresh)
}

// Desk reads what a decision needs, as it is now.
func (i Invitations) Desk(ctx context.Context, agency id.Agency, want onboarding.Wanted) (*onboarding.Desk, error) {
	return i.t.desk(ctx, agency, want)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (i Invitations) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return i.t.commit(ctx, agency, change)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (i Invitations) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return i.t.allow(ctx, name, most, window, now)
}

// Previews is what showing a portal before the invite needs.
type Previews struct{ t *Table }

// NewPreviews makes Previews of the table.
func NewPreviews(t *Table) Previews { return Previews{t} }

// Desk reads what a decision needs, as it is now.
func (p Previews) Desk(ctx context.Context, agency id.Agency, want onboarding.Wanted) (*onboarding.Desk, error) {
	return p.t.desk(ctx, agency, want)
}

// Directory is what listing an agency's clients and resources needs. It writes nothing.
type Directory struct{ t *Table }

// NewDirectory makes Directory of the table.
func NewDirectory(t *Table) Directory { return Directory{t} }

var _ onboarding.DirectoryStore = Directory{}

// Client reads one relationship.
func (d Directory) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return d.t.client(ctx, agency, ref, fresh)
}

// Clients lists relationships, newest first, from behind the cursor on.
func (d Directory) Clients(ctx context.Context, agency id.Agency, q onboarding.Query) ([]client.Client, id.Client, error) {
	return d.t.clients(ctx, agency, q)
}

// Agency reads the agency as it is now.
func (d Directory) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return d.t.agency(ctx, which)
}

// Resources lists the agency's resources of a kind in the order in which they were made.
func (d Directory) Resources(ctx context.Context, which id.Agency, kind instance.Kind) ([]instance.Resource, error) {
	return d.t.resources(ctx, which, kind)
}

// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
func (d Directory) ResourcesByID(ctx context.Context, which id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error) {
	return d.t.resourcesByID(ctx, which, ids)
}
