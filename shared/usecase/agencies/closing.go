package agencies

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

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
	// Bound visits the agency's clients that are [client.Client.Bound], as they are now.
	Bound(ctx context.Context, agency id.Agency, visit func(*client.Client) error) error
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Commit writes a change in one transaction, or nothing and [conflict.ErrChanged].
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	// Close writes that the agency is at its end: from then on it is suspended, closed, without members and without
	// keys, and due to be purged; [conflict.ErrChanged] when members or keys have changed since the Team was read. As many keys
	// as an agency may have go with the members; those of more go after them.
	Close(ctx context.Context, c Closure) error
}

// Closing deletes agencies.
type Closing struct {
	Store     ClosingStore
	Checkouts client.CheckoutCloser
	Now       func() time.Time
}

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
// [fault.Forbidden] unless the caller is an owner; [fault.StepUpRequired];
// [fault.NotActive] while a client pays by subscription, or what it has bought is there: its portal is the agency's, and
// it would pay on for what it cannot see; [fault.AlreadyPaid] when a payment page that was open has been paid;
// [fault.Unavailable] while one is being opened, or cannot be closed. Payment pages are closed, and their invites cancelled, one by
// one before the agency is: what stops on the way goes on with the next call.
func (c *Closing) Close(ctx context.Context, caller identity.Caller, name string) error {
	if err := caller.OwnsNow(c.Now()); err != nil {
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
		if name != team.Agency.Name {
			return fault.InField("name", "errors.type_the_agencys_name_exactly_as")
		}
		pages, bound, err := c.bound(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if bound > 0 { // before any page is closed: who may not delete loses nothing by trying
			return fault.New(fault.NotActive, "errors.ask_them_to_cancel_first_what", "bound", boundWords(bound))
		}
		for _, ref := range pages {
			if err := c.shut(ctx, caller, ref); err != nil {
				return err
			}
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
		if err := c.Store.Close(ctx, end); err != nil {
			return err
		}
		c.late(ctx, caller)
		return nil
	})
}

// bound counts the clients that keep the agency from being deleted, and finds those for whom only a payment page is open.
func (c *Closing) bound(ctx context.Context, which id.Agency) (pages []id.Ref, kept int, err error) {
	err = c.Store.Bound(ctx, which, func(at *client.Client) error {
		if at.Kept() {
			kept++
		} else {
			pages = append(pages, at.Ref())
		}
		return nil
	})
	return pages, kept, err
}

// shut closes the payment page that is open for a relationship, and cancels the invite behind it so that no other is opened.
func (c *Closing) shut(ctx context.Context, caller identity.Caller, ref id.Ref) error {
	return conflict.Retry(ctx, func() error {
		at, err := c.Store.Client(ctx, caller.Agency, ref, true)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || at.Payment.State != subscription.CheckoutOpen {
			return err
		}
		if err := client.CloseCheckout(ctx, c.Checkouts, at); err != nil {
			return err
		}
		at.Payment.Shut()
		now := c.Now()
		change := client.Change{Client: at}
		if at.Invite.Cancel(now) == nil {
			change.Audit = append(change.Audit,
				row(now, caller.Actor(), audit.InviteCanceled, string(at.Invite.ID), words.Say("activity.detail_agency_deleted")))
		}
		return c.Store.Commit(ctx, caller.Agency, change)
	})
}

// late closes the payment pages that were opened between the count and the end. No other can be opened from then on. What fails here
// is no fault of the deletion's, which is done: whoever pays on such a page gets the money back.
func (c *Closing) late(ctx context.Context, caller identity.Caller) {
	pages, _, err := c.bound(ctx, caller.Agency)
	for _, ref := range pages {
		err = errors.Join(err, c.shut(ctx, caller, ref))
	}
	if err != nil {
		slog.WarnContext(ctx, "a payment page of a deleted agency may be open still", "error", err)
	}
}

// boundWords says how many clients are in the way.
func boundWords(n int) string { return words.Say("errors.clients_still_pay", "n", n) }
