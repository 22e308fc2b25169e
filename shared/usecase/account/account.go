// Package account is what a person does about itself: it sees what is kept of it, takes that along, leaves a portal,
// and has itself forgotten.
package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
)

// Store keeps people. Reads of what is not there return a fault with code [fault.NotFound].
type Store interface {
	// Person reads all that is kept of a person by itself, as it is now. A person of whom nothing is kept has no items.
	Person(ctx context.Context, user id.User) (*Person, error)
	// Agency reads an agency.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Member reads a member of an agency as it is now.
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	// Forget deletes all that is kept of a person by itself, the sessions last; it is no error when nothing is.
	Forget(ctx context.Context, user id.User) error
}

// Person is what is kept of a person by itself.
type Person struct {
	Email     email.Address // "" of whoever has never signed in
	CreatedAt time.Time     // of the first sign-in
	Sessions  []identity.Session
	Code      *identity.Code // nil for none
	Places    []Place
}

// Place is one agency that the person has to do with.
type Place struct {
	Agency id.Agency
	Member id.Member // where it works there; else ""
	Client id.Client // where it is a client; else ""
	Former id.Client // where it was one; else ""
}

// Workplace is an agency that the person works at.
type Workplace struct {
	Agency *agency.Agency
	Member *agency.Member
}

// Portal is an agency that the person is or was a client of.
type Portal struct {
	Agency *agency.Agency
	Client *client.Client
}

// Overview is all that is kept of a person. What an agency has deleted is not in it.
type Overview struct {
	Person     *Person
	Workplaces []Workplace
	Portals    []Portal // those it is a client of, by name
	Former     []Portal // those it was a client of, by name
}

// Fresh is how long ago a sign-in may be for what cannot be undone.
const Fresh = 15 * time.Minute

// Account serves people about themselves.
type Account struct {
	Store     Store
	Checkouts client.CheckoutCloser
	Now       func() time.Time
	// MayResign and Resign take a person's place at an agency away. The first returns what is in the way, such as
	// [fault.LastOwner]; the second is no fault when there is no such place. Nil where nobody is erased.
	MayResign, Resign func(ctx context.Context, agency id.Agency, member id.Member) error
}

// See gathers all that is kept of the caller. Faults: [fault.Unauthenticated].
func (a *Account) See(ctx context.Context, caller identity.Caller) (*Overview, error) {
	if !caller.SignedIn() {
		return nil, fault.New(fault.Unauthenticated, "Sign in to see your account.")
	}
	p, err := a.Store.Person(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	o := &Overview{Person: p}
	for _, at := range p.Places {
		of, err := a.Store.Agency(ctx, at.Agency)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if at.Member != "" {
			m, err := a.Store.Member(ctx, at.Agency, at.Member)
			if err == nil {
				o.Workplaces = append(o.Workplaces, Workplace{of, m})
			} else if !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		}
		if at.Client == "" && at.Former == "" {
			continue
		}
		c, err := a.Store.Client(ctx, at.Agency, id.RefOf(at.Agency, caller.Email), true)
		switch {
		case fault.Is(err, fault.NotFound): // erased by the agency
		case err != nil:
			return nil, err
		case c.Erased():
		case c.Joined():
			o.Portals = append(o.Portals, Portal{of, c})
		default:
			o.Former = append(o.Former, Portal{of, c})
		}
	}
	byName := func(x, y Portal) int { return strings.Compare(sorted(x.Agency), sorted(y.Agency)) }
	slices.SortFunc(o.Portals, byName)
	slices.SortFunc(o.Former, byName)
	slices.SortFunc(o.Workplaces, func(x, y Workplace) int { return strings.Compare(sorted(x.Agency), sorted(y.Agency)) })
	return o, nil
}

func sorted(a *agency.Agency) string { return strings.ToLower(a.Name) + string(a.ID) }

// Leave ends the caller's relationship with an agency: what the agency has opened closes at once. The sign-in, other
// portals and what the person owns stay, and so does the agency's record of the client, until it is erased. Leaving
// what was left is no fault. Faults: [fault.Unauthenticated]; [fault.NotFound] for an agency that the caller has
// never been a client of.
func (a *Account) Leave(ctx context.Context, caller identity.Caller, which id.Agency) error {
	if !caller.SignedIn() {
		return fault.New(fault.Unauthenticated, "Sign in to leave a portal.")
	}
	p, err := a.Store.Person(ctx, caller.User)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Places, func(at Place) bool { return at.Agency == which && (at.Client != "" || at.Former != "") })
	if i < 0 {
		return fault.New(fault.NotFound, "You are no client of such an agency.")
	}
	return conflict.Retry(ctx, func() error {
		c, err := a.Store.Client(ctx, which, id.RefOf(which, caller.Email), true)
		if fault.Is(err, fault.NotFound) { // the agency is gone
			return nil
		}
		if err != nil || !c.Joined() {
			return err
		}
		if err := c.MayEnd(client.ByClient); err != nil {
			return err
		}
		if err := client.CloseCheckout(ctx, a.Checkouts, c); err != nil {
			return err
		}
		now := a.Now()
		c.End(now, client.ByClient)
		return a.Store.Commit(ctx, which, client.Change{Client: c, Leave: true, Audit: []audit.Entry{row(now, c, string(c.ID), audit.ClientLeft)}})
	})
}

// row is a row of the log of which the client itself is the actor.
func row(now time.Time, c *client.Client, subject string, action audit.Action) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: string(c.ID), Action: action, Subject: subject}
}

// Erase forgets the caller: it leaves every portal, its record at every agency that it is or was a client of is
// deleted, it leaves where it works, and last its sessions end. Rows of the audit logs stay; they hold ids alone.
// Whatever interrupts it, asking again goes on where it stopped.
//
// Faults: [fault.Unauthenticated], also when the sign-in is not [Fresh]; [fault.LastOwner] before anything is done,
// for the only owner of an agency; [fault.NotActive] before anything is done, for a person who pays by subscription.
func (a *Account) Erase(ctx context.Context, caller identity.Caller) error {
	if !caller.SignedIn() {
		return fault.New(fault.Unauthenticated, "Sign in to erase your data.")
	}
	if a.Now().Sub(caller.Since) > Fresh {
		return fault.New(fault.Unauthenticated, "Erasing your data needs a fresh sign-in. Sign out, sign in again, and erase within 15 minutes.")
	}
	const rounds = 20 // more than anybody can take places in the meantime
	for n := range rounds {
		p, err := a.Store.Person(ctx, caller.User)
		if err != nil {
			return err
		}
		if n > 0 && len(p.Places) == 0 && len(p.Sessions) == 0 && p.Code == nil && p.Email == "" {
			return nil
		}
		for _, at := range p.Places {
			if at.Member == "" {
				continue
			}
			if err := a.MayResign(ctx, at.Agency, at.Member); err != nil {
				return err
			}
		}
		for _, at := range p.Places {
			if at.Client == "" {
				continue
			}
			c, err := a.Store.Client(ctx, at.Agency, id.RefOf(at.Agency, caller.Email), true)
			if err == nil {
				err = c.MayEnd(client.ByClient)
			}
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		for _, at := range p.Places {
			if at.Client != "" || at.Former != "" {
				if err := a.erase(ctx, caller, at.Agency); err != nil {
					return err
				}
			}
			if at.Member != "" {
				if err := a.Resign(ctx, at.Agency, at.Member); err != nil {
					return err
				}
			}
		}
		// A place that was taken meanwhile is in the way, and looked at again.
		if err := a.Store.Forget(ctx, caller.User); err != nil && !errors.Is(err, conflict.ErrChanged) {
			return err
		}
	}
	return fault.New(fault.Unavailable, "Too much is going on with your account. Try again in a moment.")
}

// erase ends and deletes one relationship.
func (a *Account) erase(ctx context.Context, caller identity.Caller, which id.Agency) error {
	return conflict.Retry(ctx, func() error {
		c, err := a.Store.Client(ctx, which, id.RefOf(which, caller.Email), true)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || c.Erased() {
			return err
		}
		if err := client.CloseCheckout(ctx, a.Checkouts, c); err != nil {
			return err
		}
		now := a.Now()
		var rows []audit.Entry
		switch {
		case c.Joined():
			c.End(now, client.ByClient)
			rows = append(rows, row(now, c, string(c.ID), audit.ClientLeft))
		case c.Invite.At(now) == invite.Expired && c.Invite.Live(): // the sweep has not been there yet
			rows = append(rows, audit.Entry{ID: id.New[id.Event](id.EventPrefix, c.Invite.ExpiresAt), At: c.Invite.ExpiresAt, Actor: audit.System,
				Action: audit.InviteExpired, Subject: string(c.Invite.ID)})
		case c.Invite.Decline(now, "") == nil:
			rows = append(rows, row(now, c, string(c.Invite.ID), audit.InviteDeclined))
		}
		return a.Store.Commit(ctx, which, client.Change{Client: c, Erase: true, Forget: true, Audit: append(rows, row(now, c, string(c.ID), audit.ClientErased))})
	})
}
