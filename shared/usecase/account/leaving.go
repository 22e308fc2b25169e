package account

import (
	"context"
	"slices"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// LeavingStore is what leaving a portal needs. Reads of what is not there return a fault with code [fault.NotFound].
type LeavingStore interface {
	// Person reads all that is kept of a person by itself, as it is now. A person of whom nothing is kept has no items.
	Person(ctx context.Context, user id.User) (*Person, error)
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Commit writes a change in one transaction, or nothing and [conflict.ErrChanged].
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
}

// Leaving ends people's relationships with agencies.
type Leaving struct {
	Store     LeavingStore
	Checkouts client.CheckoutCloser // closes the payment page that is out
	Now       func() time.Time
}

// Leave ends the caller's relationship with an agency: what the agency has opened closes at once. The sign-in, other
// portals and what the person owns stay, and so does the agency's record of the client, until it is erased. Leaving
// what was left is no fault. Faults: [fault.Unauthenticated]; [fault.NotFound] for an agency that the caller has
// never been a client of.
func (l *Leaving) Leave(ctx context.Context, caller identity.Caller, which id.Agency) error {
	if err := caller.MustSignInTo("errors.sign_in_to_leave_a_portal"); err != nil {
		return err
	}
	p, err := l.Store.Person(ctx, caller.User)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Places, func(at Place) bool { return at.Agency == which && (at.Client != "" || at.Former != "") })
	if i < 0 {
		return fault.New(fault.NotFound, "errors.you_are_no_client_of_such")
	}
	return conflict.Retry(ctx, func() error {
		c, err := l.Store.Client(ctx, which, id.RefOf(which, caller.Email), true)
		if fault.Is(err, fault.NotFound) { // the agency is gone
			return nil
		}
		if err != nil || !c.Joined() {
			return err
		}
		if err := c.MayEnd(client.ByClient); err != nil {
			return err
		}
		if err := client.CloseCheckout(ctx, l.Checkouts, c); err != nil {
			return err
		}
		now := l.Now()
		c.End(now, client.ByClient)
		return l.Store.Commit(ctx, which, client.Change{Client: c, Leave: true,
			Audit: []audit.Entry{row(now, c, string(c.ID), audit.ClientLeft)}})
	})
}

// row is a row of the log of which the client itself is the actor.
func row(now time.Time, c *client.Client, subject string, action audit.Action) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: string(c.ID), Action: action, Subject: subject}
}
