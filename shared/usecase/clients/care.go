// Package clients is what an agency does for a client once it is invited: it opens things to it and closes them, corrects
// its name, and when the time has come ends the relationship and erases what is known of it.
package clients

import (
	"context"
	"strings"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/text"
)

// Store keeps relationships. Reads of what is not there return a fault with code [fault.NotFound].
type Store interface {
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
	ResourcesByID(ctx context.Context, agency id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error)
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
}

// Keeper changes relationships for the agency's people and programs.
type Keeper struct {
	Store     Store
	Checkouts client.CheckoutCloser
	Now       func() time.Time
}

var (
	errNoClient   = fault.New(fault.NotFound, "There is no such client.")
	errNoResource = fault.New(fault.NotFound, "You have no instance or service with this id.")
)

// change reads the client, lets decide change it, and writes what comes of it. decide returns the change to write, nil
// for none; it runs again when somebody else was faster.
func (k *Keeper) change(ctx context.Context, caller identity.Caller, which id.Client, decide func(*client.Client, time.Time) (*client.Change, error)) (*client.Client, error) {
	ref := which.Ref()
	if ref == "" {
		return nil, errNoClient
	}
	var c *client.Client
	err := conflict.Retry(ctx, func() (err error) {
		c, err = k.Store.Client(ctx, caller.Agency, ref, true)
		if fault.Is(err, fault.NotFound) || err == nil && (c.ID != which || !c.Listed) {
			return errNoClient
		}
		if err != nil {
			return err
		}
		change, err := decide(c, k.Now().Truncate(time.Millisecond)) // as it is kept
		if err != nil || change == nil {
			return err
		}
		change.Client = c
		return k.Store.Commit(ctx, caller.Agency, *change)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func row(now time.Time, caller identity.Caller, action audit.Action, subject, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: action, Subject: subject, Detail: detail}
}

func logged(rows ...audit.Entry) *client.Change { return &client.Change{Audit: rows} }

// Grant opens a resource to the client, or changes the right that it has. The same again changes nothing.
//
// Faults: [fault.NotFound] for a client or a resource that the agency has not; [fault.Invalid] for a right that is none,
// for a resource that is not running, and for too many; [fault.NotActive].
func (k *Keeper) Grant(ctx context.Context, caller identity.Caller, which id.Client, resource id.Resource, access instance.Access) (*client.Client, error) {
	if !access.Valid() {
		return nil, fault.InField("access", "Choose read or write.")
	}
	if instance.KindOf(resource) == "" {
		return nil, errNoResource
	}
	return k.change(ctx, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		have, err := k.Store.ResourcesByID(ctx, caller.Agency, []id.Resource{resource})
		if err != nil {
			return nil, err
		}
		r, ok := have[resource]
		if !ok {
			return nil, errNoResource
		}
		if r.Bought() {
			return nil, fault.InField("resourceId", "%s", ownWords(r.Name))
		}
		before, err := c.Grant(now, instance.Grant{Resource: resource, Access: access, Name: r.Name})
		switch {
		case err != nil:
			return nil, err
		case before == access:
			return nil, nil //nolint:nilnil // nothing to write
		case before != "":
			return logged(row(now, caller, audit.AccessChanged, string(c.ID), string(resource)+" "+string(access))), nil
		case !r.Status.Linkable():
			return nil, fault.InField("resourceId", "%s is %s. Only an active or running one can be opened to a client.", r.Name, strings.ReplaceAll(string(r.Status), "_", " "))
		}
		return logged(row(now, caller, audit.AccessGranted, string(c.ID), string(resource)+" "+string(access))), nil
	})
}

// ownWords says why an agency cannot open or close what a client has bought.
func ownWords(name string) string {
	return "The client has bought " + name + " and owns it, for as long as it pays: its right to it is not yours to give or take."
}

// Revoke closes a resource to the client, from its next request on. What is not open is no fault. Faults:
// [fault.NotFound] for the client; [fault.NotActive], also for what the client has bought and pays for.
func (k *Keeper) Revoke(ctx context.Context, caller identity.Caller, which id.Client, resource id.Resource) (*client.Client, error) {
	return k.change(ctx, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		if i := c.Bought(resource); i != nil && i.State != purchase.Deleted && i.State != purchase.Refunded {
			return nil, fault.New(fault.NotActive, "%s", ownWords(i.Article.Name()))
		}
		before, err := c.Revoke(now, resource)
		if err != nil || before == "" {
			return nil, err
		}
		return logged(row(now, caller, audit.AccessRevoked, string(c.ID), string(resource))), nil
	})
}

// Rename gives the client another name; "" puts its address in the name's place. edition is what the caller has read,
// see [client.Client.Edition]; "" for no matter which. Faults: [fault.NotFound], [fault.Invalid], [fault.Changed].
func (k *Keeper) Rename(ctx context.Context, caller identity.Caller, which id.Client, typed, edition string) (*client.Client, error) {
	name, err := text.Line("name", typed, text.MaxName)
	if err != nil {
		return nil, err
	}
	return k.change(ctx, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		if edition != "" && edition != c.Edition() {
			return nil, fault.New(fault.Changed, "Somebody else has changed this client since you opened it. Look at it again, then change it.")
		}
		if !c.Rename(name) {
			return nil, nil //nolint:nilnil // nothing to write
		}
		return logged(row(now, caller, audit.ClientRenamed, string(c.ID), "")), nil // neither name: erasing must leave none
	})
}

// Remove ends the relationship from the agency's side: what was open to the client closes with its next request, an
// invite that is out is dead. The client's sign-in, and what it owns, stay the client's. Removing again is no fault.
// Faults: [fault.NotFound]; [fault.NotActive] for a client that pays by subscription, see [client.Client.MayEnd].
func (k *Keeper) Remove(ctx context.Context, caller identity.Caller, which id.Client) (*client.Client, error) {
	return k.change(ctx, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		joined := c.Joined()
		if err := c.MayEnd(client.ByAgency); err != nil {
			return nil, err
		}
		if err := client.CloseCheckout(ctx, k.Checkouts, c); err != nil {
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
func (k *Keeper) Erase(ctx context.Context, caller identity.Caller, which id.Client) error {
	_, err := k.change(ctx, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		if c.At(now) != client.Inactive {
			return nil, fault.New(fault.NotActive, "This client is still %s. Remove it first; then it can be erased.", c.At(now))
		}
		if err := client.CloseCheckout(ctx, k.Checkouts, c); err != nil {
			return nil, err
		}
		change := logged(row(now, caller, audit.ClientErased, string(c.ID), ""))
		if c.Invite.Status != invite.Expired && c.Invite.At(now) == invite.Expired { // the sweep has not been there yet
			change.Audit = append([]audit.Entry{{ID: id.New[id.Event](id.EventPrefix, c.Invite.ExpiresAt), At: c.Invite.ExpiresAt, Actor: audit.System,
				Action: audit.InviteExpired, Subject: string(c.Invite.ID)}}, change.Audit...)
		}
		change.Erase = true
		return change, nil
	})
	return err
}
