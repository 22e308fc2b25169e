package agencies

import (
	"context"
	"fmt"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
)

// Fresh is how long ago a sign-in may be for what cannot be undone.
const Fresh = 15 * time.Minute

// ManyClients is how far clients are counted before somebody is told what a deletion takes away.
const ManyClients = 200

// IsFresh tells whether the caller has signed in a short while ago.
func (o *Office) IsFresh(caller identity.Caller) bool { return o.Now().Sub(caller.Since) <= Fresh }

// Losses counts the clients that lose what the agency has opened to them, at most to one more than [ManyClients].
func (o *Office) Losses(ctx context.Context, caller identity.Caller) (int, error) {
	return o.Store.ClientCount(ctx, caller.Agency, ManyClients+1)
}

// Close deletes the caller's agency: with the answer its invites are dead, its portals closed, its people and keys
// without rights. Everything else of it is deleted by and by, which the sweep sees to. Clients' sign-ins stay.
//
// name must be the agency's name, as a person types who means it. Faults: [fault.Invalid] in the field name;
// [fault.Forbidden] unless the caller is an owner; [fault.Unauthenticated] when the sign-in is not [Fresh];
// [fault.NotActive] while a client pays by subscription, or what it has bought is there: its portal is the agency's, and
// it would pay on for what it cannot see.
func (o *Office) Close(ctx context.Context, caller identity.Caller, name string) error {
	if err := caller.May(identity.InPerson); err != nil {
		return err
	}
	return conflict.Retry(ctx, func() error {
		roster, err := o.Store.Roster(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := roster.Members.MayManage(caller.Member); err != nil {
			return err
		}
		if !o.IsFresh(caller) {
			return fault.New(fault.Unauthenticated, "Deleting an agency needs a fresh sign-in. Sign out, sign in again, and delete it within 15 minutes.")
		}
		if name != roster.Agency.Name {
			return fault.InField("name", "Type the agency's name exactly as it stands.")
		}
		bound, err := o.Store.BoundCount(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if bound > 0 {
			return fault.New(fault.NotActive, "%s Cancel invites that are out, and ask the others to cancel first. What they have bought is deleted 30 days after it is paid for no more, or at once when you erase a client.", boundWords(bound))
		}
		keys, err := o.Store.APIKeys(ctx, caller.Agency)
		if err != nil {
			return err
		}
		now := o.Now()
		c := Closing{Roster: roster, At: now, Audit: row(now, caller.Actor(), audit.AgencyDeleted, string(caller.Agency), "")}
		for i := range keys {
			if keys[i].RevokedAt.IsZero() {
				c.Keys = append(c.Keys, keys[i].ID)
			}
		}
		return o.Store.Close(ctx, c)
	})
}

func boundWords(n int) string {
	if n == 1 {
		return "One client of yours pays for what is its own, or is about to."
	}
	return fmt.Sprintf("%d clients of yours pay for what is their own, or are about to.", n)
}
