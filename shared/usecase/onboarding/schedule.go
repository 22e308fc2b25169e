package onboarding

import (
	"cmp"
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/timezone"
)

// when reads when the invite is to go out, and the recipient's zone; the zero When for at once.
func (d *Draft) when() (invite.When, string, error) {
	zone, badZone := timezone.Parse("timeZone", d.Zone)
	if d.SendAt == "" {
		return invite.When{}, zone, badZone
	}
	w, err := invite.ParseWhen("sendAt", d.SendAt)
	return w, zone, fault.Together(err, badZone)
}

// schedule has an invite wait for its time, which is one of those that the agency has promised: how many wait is limited by them. The
// hour's limit counts when it goes out (R8).
func (s *Inviter) schedule(seen *Snapshot, made *client.Client, d *Draft, now time.Time) error {
	w, given, err := d.when()
	if err != nil {
		return err
	}
	at, err := w.In("sendAt", timezone.Load(cmp.Or(given, made.ZoneAt(seen.Agency))), now)
	if err != nil {
		return err
	}
	if !made.Invite.Lasts(at) {
		return fault.InField("accessExpiresAt", "reminders.access_ends_first")
	}
	if err := seen.Promises.Room(now); err != nil {
		return err
	}
	seen.Promises.Promise(at)
	made.Invite.Schedule(now, at)
	return nil
}

// Scheduler changes when invites go out, and whether they are reminded of.
type Scheduler struct {
	Store SchedulerStore
	Now   func() time.Time
}

// SchedulerStore is what that needs.
type SchedulerStore interface {
	PreviewStore
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
}

// Reschedule gives an invite that waits for its time another one, until a minute before it goes out. at is as in [Draft], by the clocks
// of the zone, or where that is "" of the client's or the agency's. Faults: [fault.Invalid] in sendAt and timeZone, [fault.NotFound],
// [fault.NotPending], [fault.Forbidden].
func (s *Scheduler) Reschedule(ctx context.Context, caller identity.Caller, which id.Invite, at, zone string) (*client.Client, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, err
	}
	d := Draft{SendAt: at, Zone: zone}
	w, given, err := d.when()
	if at == "" {
		err = fault.InField("sendAt", "reminders.wrong_time")
	}
	if err != nil {
		return nil, err
	}
	ref := which.Ref()
	if ref == "" {
		return nil, errNoInvite
	}
	var c *client.Client
	err = conflict.Retry(ctx, func() error {
		seen, err := s.Store.Snapshot(ctx, caller.Agency, Query{Ref: ref, Promises: true})
		if err != nil {
			return err
		}
		if seen.Client == nil || seen.Agency == nil || seen.Client.Invite.ID != which {
			return errNoInvite
		}
		c = seen.Client
		if err := own(caller, c); err != nil {
			return err
		}
		now := s.Now()
		known := c.ZoneAt(seen.Agency)
		next, err := w.In("sendAt", timezone.Load(cmp.Or(given, known)), now)
		if err != nil {
			return err
		}
		if !c.Invite.Lasts(next) {
			return fault.InField("sendAt", "reminders.access_ends_first")
		}
		if next.Equal(c.Invite.SendAt) && c.Invite.Status == invite.Scheduled && cmp.Or(given, known) == known {
			return nil
		}
		if err := c.Invite.Reschedule(now, next); err != nil {
			return err
		}
		if given != known {
			c.Zone = cmp.Or(given, c.Zone)
		}
		seen.Promises.Promise(next) // the store gives the other one back
		return s.Store.Commit(ctx, caller.Agency, client.Change{Client: c, Promises: seen.Promises,
			Audit: []audit.Entry{row(now, caller.Actor(), audit.InviteRescheduled, c, audit.Moment(next))}})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// SetReminders switches the reminders of an invite that is not answered off, whatever the agency's settings are, or on again. Faults:
// [fault.NotFound], [fault.NotPending], [fault.Forbidden].
func (s *Scheduler) SetReminders(ctx context.Context, caller identity.Caller, which id.Invite, on bool) (*client.Client, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, err
	}
	ref := which.Ref()
	if ref == "" {
		return nil, errNoInvite
	}
	var c *client.Client
	err := conflict.Retry(ctx, func() error {
		seen, err := s.Store.Snapshot(ctx, caller.Agency, Query{Ref: ref})
		if err != nil {
			return err
		}
		if seen.Client == nil || seen.Agency == nil || seen.Client.Invite.ID != which {
			return errNoInvite
		}
		c = seen.Client
		if err := own(caller, c); err != nil {
			return err
		}
		now := s.Now()
		if st := c.Invite.At(now); st != invite.Pending && st != invite.Sending && st != invite.Scheduled {
			return fault.New(fault.NotPending, "reminders.answered")
		}
		if !c.Invite.SetReminders(on, now, seen.Agency.Reminders, c.Location(seen.Agency)) {
			return nil
		}
		detail := "off"
		if on {
			detail = "on"
		}
		return s.Store.Commit(ctx, caller.Agency, client.Change{Client: c,
			Audit: []audit.Entry{row(now, caller.Actor(), audit.RemindersSet, c, detail)}})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}
