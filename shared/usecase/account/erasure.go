package account

import (
	"context"
	"errors"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
)

// ErasureStore is what erasing a person needs.
type ErasureStore interface {
	LeavingStore
	// Unask takes back a wish to join an agency; it is no error when there is none.
	Unask(ctx context.Context, user id.User, wish Wish) error
	// Forget deletes all that is kept of a person by itself, the sessions last; it is no error when nothing is.
	Forget(ctx context.Context, user id.User) error
}

// Members are those who work at agencies.
type Members interface {
	// MayResign returns what is in the way of giving up a place at an agency, such as [fault.LastOwner].
	MayResign(ctx context.Context, agency id.Agency, member id.Member) error
	// Resign gives up a place at an agency; it is no fault when there is no such place.
	Resign(ctx context.Context, agency id.Agency, member id.Member) error
}

// Erasure forgets people.
type Erasure struct {
	Store     ErasureStore
	Members   Members
	Checkouts client.CheckoutCloser // closes the payment pages that are out
	Now       func() time.Time
}

// Erase forgets the caller: it leaves every portal, its record at every agency that it is or was a client of is
// deleted, it leaves where it works, and last its sessions end. Rows of the audit logs stay; they hold ids alone.
// Whatever interrupts it, asking again goes on where it stopped.
//
// Faults: [fault.Unauthenticated]; [fault.StepUpRequired]; [fault.LastOwner] before anything is done,
// for the only owner of an agency; [fault.NotActive] before anything is done, for a person who pays by subscription.
func (e *Erasure) Erase(ctx context.Context, caller identity.Caller) error {
	if err := caller.MustSignInTo("errors.sign_in_to_erase_your_data"); err != nil {
		return err
	}
	if err := caller.SteppedUp(e.Now()); err != nil {
		return err
	}
	const rounds = 20 // more than anybody can take places in the meantime
	for n := range rounds {
		p, err := e.Store.Person(ctx, caller.User)
		if err != nil {
			return err
		}
		if n > 0 && p.Empty() {
			return nil
		}
		for _, at := range p.Places {
			if at.Member == "" {
				continue
			}
			if err := e.Members.MayResign(ctx, at.Agency, at.Member); err != nil {
				return err
			}
		}
		for _, at := range p.Places {
			if at.Client == "" {
				continue
			}
			c, err := e.Store.Client(ctx, at.Agency, id.RefOf(at.Agency, caller.Email), true)
			if err == nil {
				err = c.MayEnd(client.ByClient)
			}
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		for _, at := range p.Places {
			if at.Client != "" || at.Former != "" {
				if err := e.erase(ctx, caller, at.Agency); err != nil {
					return err
				}
			}
			if at.Member != "" {
				if err := e.Members.Resign(ctx, at.Agency, at.Member); err != nil {
					return err
				}
			}
		}
		for _, w := range p.Wishes {
			if err := e.Store.Unask(ctx, caller.User, w); err != nil {
				return err
			}
		}
		// A place that was taken meanwhile is in the way, and looked at again.
		if err := e.Store.Forget(ctx, caller.User); err != nil && !errors.Is(err, conflict.ErrChanged) {
			return err
		}
	}
	return fault.New(fault.Unavailable, "errors.too_much_is_going_on_with")
}

// erase ends and deletes one relationship.
func (e *Erasure) erase(ctx context.Context, caller identity.Caller, which id.Agency) error {
	return conflict.Retry(ctx, func() error {
		c, err := e.Store.Client(ctx, which, id.RefOf(which, caller.Email), true)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || c.Erased() {
			return err
		}
		if err := client.CloseCheckout(ctx, e.Checkouts, c); err != nil {
			return err
		}
		now := e.Now()
		var rows []audit.Entry
		switch {
		case c.Joined():
			c.End(now, client.ByClient)
			rows = append(rows, row(now, c, string(c.ID), audit.ClientLeft))
		case c.Invite.At(now) == invite.Expired && c.Invite.Live(): // the sweep has not been there yet
			at := c.Invite.ExpiresAt
			rows = append(rows, audit.Entry{ID: id.New[id.Event](id.EventPrefix, at), At: at, Actor: audit.System,
				Action: audit.InviteExpired, Subject: string(c.Invite.ID)})
		case c.Invite.Decline(now, "") == nil:
			rows = append(rows, row(now, c, string(c.Invite.ID), audit.InviteDeclined))
		}
		rows = append(rows, row(now, c, string(c.ID), audit.ClientErased))
		return e.Store.Commit(ctx, which, client.Change{Client: c, Erase: true, Forget: true, Audit: rows})
	})
}
