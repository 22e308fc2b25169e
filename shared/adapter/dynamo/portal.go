package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/portal"
)

// Portals is what a client's portal reads.
type Portals struct{ t *Table }

// NewPortals makes Portals of the table.
func NewPortals(t *Table) Portals { return Portals{t} }

var _ portal.Store = Portals{}

// Portals lists the agencies that the person is a client of.
func (p Portals) Portals(ctx context.Context, user id.User) ([]id.Agency, error) {
	return p.t.portals(ctx, user)
}

// Left lists the agencies that the person was a client of.
func (p Portals) Left(ctx context.Context, user id.User) ([]id.Agency, error) {
	return p.t.left(ctx, user)
}

// Visit notes when the client opened its portal.
func (p Portals) Visit(ctx context.Context, agency id.Agency, which id.Client, now time.Time) error {
	return p.t.visit(ctx, agency, which, now)
}

// Speak has a client be written to in the language.
func (p Portals) Speak(ctx context.Context, agency id.Agency, which id.Client, l words.Language) error {
	return p.t.speak(ctx, agency, which, l)
}

// Agency reads the agency as it is now.
func (p Portals) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return p.t.agency(ctx, which)
}

// Client reads one relationship.
func (p Portals) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return p.t.client(ctx, agency, ref, fresh)
}

// Member reads a person who works at the agency.
func (p Portals) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return p.t.member(ctx, which, member)
}

// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
func (p Portals) ResourcesByID(ctx context.Context, which id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error) {
	return p.t.resourcesByID(ctx, which, ids)
}

// Standing reads the agency and some of its roles in one request, as they are now; roles that do not exist are left out.
func (p Portals) Standing(ctx context.Context, agency id.Agency, which []id.Role) (*agency.Agency, []role.Role, error) {
	return p.t.standing(ctx, agency, which)
}

// PortalInstances is what a client needs to see an instance's workflows and to switch them.
type PortalInstances struct{ t *Table }

// NewPortalInstances makes PortalInstances of the table.
func NewPortalInstances(t *Table) PortalInstances { return PortalInstances{t} }

var _ portal.InstanceStore = PortalInstances{}

// Portals lists the agencies that the person is a client of.
func (p PortalInstances) Portals(ctx context.Context, user id.User) ([]id.Agency, error) {
	return p.t.portals(ctx, user)
}

// Agency reads the agency as it is now.
func (p PortalInstances) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return p.t.agency(ctx, which)
}

// Client reads one relationship.
func (p PortalInstances) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return p.t.client(ctx, agency, ref, fresh)
}

// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
func (p PortalInstances) ResourcesByID(
	ctx context.Context, which id.Agency, ids []id.Resource,
) (map[id.Resource]instance.Resource, error) {
	return p.t.resourcesByID(ctx, which, ids)
}

// Record writes a row of the log about something that happened outside of the table.
func (p PortalInstances) Record(ctx context.Context, agency id.Agency, row audit.Entry) error {
	return p.t.record(ctx, agency, row)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (p PortalInstances) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return p.t.allow(ctx, name, most, window, now)
}

// Noted writes what was seen of the resource whose version was read.
func (p PortalInstances) Noted(ctx context.Context, agency id.Agency, resource *instance.Resource, roster *instance.Roster) error {
	return p.t.noted(ctx, agency, resource, roster)
}

// Roster reads what the workflows of an instance were when they were last listed; nil when they never were.
func (p PortalInstances) Roster(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Roster, error) {
	return p.t.roster(ctx, agency, which)
}
