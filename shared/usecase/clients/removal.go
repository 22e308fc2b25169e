package clients

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
)

// Removal ends relationships, and erases those that have ended.
type Removal struct {
	Store     Store
	Checkouts client.CheckoutCloser
	Now       func() time.Time
}

// Remove ends the relationship from the agency's side: what was open to the client closes with its next request, an
// invite that is out is dead. The client's sign-in, and what it owns, stay the client's. Removing again is no fault.
// Faults: [fault.NotFound]; [fault.NotActive] for a client that pays by subscription, see [client.Client.MayEnd].
func (r *Removal) Remove(ctx context.Context, caller identity.Caller, which id.Client) (*client.Client, error) {
	if err := caller.MayPortal(identity.ClientsWrite, identity.Administer); err != nil {
		return nil, err
	}
	return change(ctx, r.Store, r.Now, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		joined := c.Joined()
		if err := c.MayEnd(client.ByAgency); err != nil {
			return nil, err
		}
		if err := client.CloseCheckout(ctx, r.Checkouts, c); err != nil {
			return nil, err
		}
		if !c.End(now, client.ByAgency) {
			return nil, nil //nolint:nilnil // it has ended already
		}
		change := logged(row(now, caller, audit.ClientRemoved, string(c.ID), ""))
		if !joined {
			change = logged(row(now, caller, audit.InviteCanceled, string(c.Invite.ID), ""))
		}
		change.Leave = joined
		return change, nil
	})
}

// Erase forgets a client whose relationship has ended: address, name, message and history go, and the rows of the audit
// log, which hold ids alone, stay. Faults: [fault.NotFound]; [fault.NotActive] while it is pending or active.
func (r *Removal) Erase(ctx context.Context, caller identity.Caller, which id.Client) error {
	if err := identity.ByPortal(identity.InPerson, identity.Manage).SteppedInside().Admits(caller, r.Now()); err != nil {
		return err
	}
	_, err := change(ctx, r.Store, r.Now, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		if err := caller.SteppedUp(now); err != nil {
			return nil, err
		}
		if c.At(now) != client.Inactive {
			still := words.Say("errors.still_pending")
			if c.At(now) == client.Active {
				still = words.Say("errors.still_active")
			}
			return nil, fault.New(fault.NotActive, "errors.this_client_is_still_remove_them", "now", still)
		}
		if err := client.CloseCheckout(ctx, r.Checkouts, c); err != nil {
			return nil, err
		}
		change := logged(row(now, caller, audit.ClientErased, string(c.ID), ""))
		if c.Invite.Status != invite.Expired && c.Invite.At(now) == invite.Expired { // the sweep has not been there yet
			at := c.Invite.ExpiresAt
			expired := audit.Entry{ID: id.New[id.Event](id.EventPrefix, at), At: at, Actor: audit.System,
				Action: audit.InviteExpired, Subject: string(c.Invite.ID)}
			change.Audit = []audit.Entry{expired, change.Audit[0]}
		}
		change.Erase = true
		return change, nil
	})
	return err
}
