// Package optout is following the links by which people stop mails that nobody has to get. Nobody is signed in there: whoever has a mail
// may stop its like, and take that back.
package optout

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/unsubscribe"
)

// Store keeps who wants no mails. Writes from a state that is not so any more return [conflict.ErrChanged].
type Store interface {
	// Agency reads the agency as it is now; a fault with code [fault.NotFound] for none.
	Agency(ctx context.Context, which id.Agency) (*agency.Agency, error)
	// Wish reads what somebody wants of an agency's reminders, as it is now; what is not stored is empty.
	Wish(ctx context.Context, which id.Agency, user id.User) (*unsubscribe.Wish, error)
	// Client reads a relationship as it is now; a fault with code [fault.NotFound] for none.
	Client(ctx context.Context, which id.Agency, ref id.Ref) (*client.Client, error)
	// SaveWish writes a wish with a row of the log, and with the relationship that it is about; nil for one that is gone.
	SaveWish(ctx context.Context, w *unsubscribe.Wish, c *client.Client, row audit.Entry) error
	// Box reads a member's box of notices as it is now; one that is not stored is empty.
	Box(ctx context.Context, which id.Agency, member id.Member) (*notice.Box, error)
	// StopBox writes the box with a row of the log.
	StopBox(ctx context.Context, b *notice.Box, row audit.Entry) error
}

// Links are those by which mails are stopped.
type Links struct {
	Store Store
	Now   func() time.Time
}

// View is what a link is of.
type View struct {
	Known  bool // false for a link that leads nowhere: nothing else is told then
	List   unsubscribe.List
	Agency string // its name
	Off    bool   // whether the mails are stopped
}

// View tells what a link is of. It changes nothing (U2).
func (l *Links) View(ctx context.Context, token string) (View, error) {
	v, _, _, err := l.open(ctx, token)
	return v, err
}

// Stop has no more mails of the list go to the person, from now on (U5). One that leads nowhere, or whose mails are stopped already, is no
// error (U4, U8).
func (l *Links) Stop(ctx context.Context, token string) (View, error) {
	return l.turn(ctx, token, true)
}

// Resume takes a stop back.
func (l *Links) Resume(ctx context.Context, token string) (View, error) {
	return l.turn(ctx, token, false)
}

func (l *Links) turn(ctx context.Context, token string, off bool) (View, error) {
	var v View
	err := conflict.Retry(ctx, func() error {
		seen, wish, box, err := l.open(ctx, token)
		if v = seen; err != nil || !seen.Known {
			return err
		}
		v.Off = off
		now := l.Now()
		row := audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.Invitee}
		if wish != nil {
			row.Subject, row.Action = string(wish.Client), audit.RemindersStopped
			if off && !wish.Stop(now) {
				return nil
			}
			if !off {
				if row.Action = audit.RemindersResumed; !wish.Resume() {
					return nil
				}
			}
			c, err := l.about(ctx, wish)
			if err != nil {
				return err
			}
			return l.Store.SaveWish(ctx, wish, c, row)
		}
		row.Actor, row.Subject, row.Action = string(box.Member), string(box.Member), audit.UpdatesStopped
		if off && !box.Stop(now) {
			return nil
		}
		if !off {
			if row.Action = audit.UpdatesResumed; !box.Resume(now) {
				return nil
			}
		}
		return l.Store.StopBox(ctx, box, row)
	})
	return v, err
}

// about is the relationship that a wish is about, with what its agency sees of that; nil for one that is gone.
func (l *Links) about(ctx context.Context, w *unsubscribe.Wish) (*client.Client, error) {
	c, err := l.Store.Client(ctx, w.Agency, w.Client.Ref())
	if fault.Is(err, fault.NotFound) || err == nil && (c.Erased() || id.UserOf(c.Email) != w.User) {
		return nil, nil //nolint:nilnil // it is gone
	}
	if err != nil {
		return nil, err
	}
	c.Unreminded = !w.OffAt.IsZero()
	return c, nil
}

// open reads what a link is of: either of the two lists.
func (l *Links) open(ctx context.Context, token string) (View, *unsubscribe.Wish, *notice.Box, error) {
	t, err := unsubscribe.Locate(token)
	if err != nil {
		return View{}, nil, nil, nil //nolint:nilerr // it leads nowhere
	}
	v := View{List: t.List}
	var wish *unsubscribe.Wish
	var box *notice.Box
	var links unsubscribe.Links
	if t.List == unsubscribe.Updates {
		if box, err = l.Store.Box(ctx, t.Agency, t.Member); err != nil {
			return View{}, nil, nil, err
		}
		links, v.Off = box.Links, box.Rhythm == notice.Never
	} else {
		if wish, err = l.Store.Wish(ctx, t.Agency, t.User); err != nil {
			return View{}, nil, nil, err
		}
		links, v.Off = wish.Links, !wish.OffAt.IsZero()
	}
	if !links.Opens(token) {
		return View{}, nil, nil, nil
	}
	a, err := l.Store.Agency(ctx, t.Agency)
	if fault.Is(err, fault.NotFound) {
		return View{}, nil, nil, nil
	}
	if err != nil {
		return View{}, nil, nil, err
	}
	v.Known, v.Agency = true, a.Name
	return v, wish, box, nil
}
