package agencies

import (
	"context"
	"fmt"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// Fresh is how long ago a sign-in may be for what cannot be undone.
const Fresh = 15 * time.Minute

// ManyClients is how far clients are counted before somebody is told what a deletion takes away.
const ManyClients = 200

// Closure ends an agency: all of its members go, and all of its keys.
type Closure struct {
	Team  *Team
	Keys  []id.Key
	At    time.Time
	Audit audit.Entry
}

// ClosingStore is what deleting an agency needs.
type ClosingStore interface {
	// Team reads the agency and its members as they are now.
	Team(ctx context.Context, agency id.Agency) (*Team, error)
	// APIKeys lists the agency's keys, as they are now.
	APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error)
	// ClientCount counts the agency's clients, at most to most.
	ClientCount(ctx context.Context, agency id.Agency, most int) (int, error)
	// BoundCount counts the agency's clients that are [client.Client.Bound], as they are now.
	BoundCount(ctx context.Context, agency id.Agency) (int, error)
	// Close writes that the agency is at its end: from then on it is suspended, closed, without members and without
	// keys, and due to be purged; [conflict.ErrChanged] when members or keys have changed since the Team was read. As many keys
	// as an agency may have go with the members; those of more go after them.
	Close(ctx context.Context, c Closure) error
}

// Closing deletes agencies.
type Closing struct {
	Store ClosingStore
	Now   func() time.Time
}

// IsFresh tells whether the caller has signed in a short while ago.
func (c *Closing) IsFresh(caller identity.Caller) bool { return c.Now().Sub(caller.Since) <= Fresh }

// ClientCount counts the clients that lose what the agency has opened to them, at most to one more than [ManyClients].
// Faults: [fault.Unauthenticated], [fault.Forbidden].
func (c *Closing) ClientCount(ctx context.Context, caller identity.Caller) (int, error) {
	if err := caller.May(identity.InPerson); err != nil {
		return 0, err
	}
	return c.Store.ClientCount(ctx, caller.Agency, ManyClients+1)
}

// Close deletes the caller's agency: with the answer its invites are dead, its portals closed, its people and keys
// without rights. Everything else of it is deleted by and by, which the sweep sees to. Clients' sign-ins stay.
//
// name must be the agency's name, as a person types who means it. Faults: [fault.Invalid] in the field name;
// [fault.Forbidden] unless the caller is an owner; [fault.Unauthenticated] when the sign-in is not [Fresh];
// [fault.NotActive] while a client pays by subscription, or what it has bought is there: its portal is the agency's, and
// it would pay on for what it cannot see.
func (c *Closing) Close(ctx context.Context, caller identity.Caller, name string) error {
	if err := caller.May(identity.InPerson); err != nil {
		return err
	}
	return conflict.Retry(ctx, func() error {
		team, err := c.Store.Team(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := team.Members.MayManage(caller.Member); err != nil {
			return err
		}
		if !c.IsFresh(caller) {
			return fault.New(fault.Unauthenticated,
				"errors.deleting_an_agency_needs_a_fresh")
		}
		if name != team.Agency.Name {
			return fault.InField("name", "errors.type_the_agencys_name_exactly_as")
		}
		bound, err := c.Store.BoundCount(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if bound > 0 {
			return fault.New(fault.NotActive, "errors.cancel_invites_that_are_out_and", "bound", boundWords(bound))
		}
		keys, err := c.Store.APIKeys(ctx, caller.Agency)
		if err != nil {
			return err
		}
		now := c.Now()
		end := Closure{Team: team, At: now, Audit: row(now, caller.Actor(), audit.AgencyDeleted, string(caller.Agency), "")}
		for i := range keys {
			if keys[i].RevokedAt.IsZero() {
				end.Keys = append(end.Keys, keys[i].ID)
			}
		}
		return c.Store.Close(ctx, end)
	})
}

// boundWords says how many clients are in the way.
func boundWords(n int) string {
	if n == 1 {
		return "One client of yours pays for what is its own, or is about to."
	}
	return fmt.Sprintf("%d clients of yours pay for what is their own, or are about to.", n)
}
