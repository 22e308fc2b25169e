package dynamo

import (
	"context"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/home"
)

// Home is what looking at what an agency has needs. It writes nothing.
type Home struct{ t *Table }

// NewHome makes Home of the table.
func NewHome(t *Table) Home { return Home{t} }

var (
	_ home.Store        = Home{}
	_ home.SandboxStore = Home{}
)

// Agency reads the agency as it is now.
func (h Home) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return h.t.agency(ctx, which)
}

// EachClient visits the agency's listed clients, newest first, at most so many; the result says whether there are more.
func (h Home) EachClient(ctx context.Context, agency id.Agency, most int, visit func(*client.Client)) (bool, error) {
	return h.t.eachClient(ctx, agency, most, visit)
}

// Resources lists the agency's resources of a kind in the order in which they were made.
func (h Home) Resources(ctx context.Context, which id.Agency, kind instance.Kind) ([]instance.Resource, error) {
	return h.t.resources(ctx, which, kind)
}

// Domains lists the agency's sender domains in the order in which they were claimed, without what belongs to their names.
func (h Home) Domains(ctx context.Context, which id.Agency) ([]*sender.Claim, error) {
	return h.t.claimsAlone(ctx, which)
}
