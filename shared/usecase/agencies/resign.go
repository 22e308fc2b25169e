package agencies

import (
	"context"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// MayResign returns nil when the member may give up its place; else a fault with code [fault.LastOwner]. Having no such
// place is no hindrance.
func (o *Office) MayResign(ctx context.Context, which id.Agency, member id.Member) error {
	roster, err := o.Store.Roster(ctx, which)
	if fault.Is(err, fault.NotFound) || err == nil && roster.Members.Find(member) == nil {
		return nil
	}
	if err != nil {
		return err
	}
	if roster.Members.MayLose(member, "") != nil {
		return fault.New(fault.LastOwner, "You are the only owner of %s. Make somebody else an owner, or delete the agency, first.", roster.Agency.Name)
	}
	return nil
}

// Resign gives up the member's place, as Remove does when a person removes itself. Having no such place is no fault.
func (o *Office) Resign(ctx context.Context, which id.Agency, member id.Member) error {
	err := o.Remove(ctx, identity.Caller{Agency: which, Member: member}, member)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
