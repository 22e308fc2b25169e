package imports

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
)

// whileAway is when an invite is looked at again whose agency has taken Client Portal away: with the app nothing is lost.
const whileAway = time.Hour

// Release sends an invite whose time has come. What limits do not let out gets another time, and what may not be sent any more ends,
// with a reason that stands in the list: the plan, the sender and the roles are asked as they are now.
func (s *Sender) Release(ctx context.Context, which id.Agency, ref id.Ref) error {
	var sent *client.Client
	err := conflict.Retry(ctx, func() error {
		sent = nil
		seen, err := s.Store.Snapshot(ctx, which, Query{Refs: []id.Ref{ref}})
		if err != nil || seen.Agency == nil {
			return err
		}
		c := seen.Clients[ref]
		if c == nil || !c.Invite.Overdue(s.Now()) {
			return nil
		}
		by := c.Invite.From.Member
		mail := mailTo(which, by, id.UserOf(c.Email))
		seen, err = s.Store.Snapshot(ctx, which, Query{Member: by, Refs: []id.Ref{ref}, Roles: c.Invite.Roles, Users: []id.User{mail.To},
			Mails: mail.Keys(), Promises: true})
		if err != nil {
			return err
		}
		now := s.Now()
		if c = seen.Clients[ref]; c == nil || !c.Invite.Overdue(now) {
			return nil
		}
		if (c.Invite.Batch != "" || len(c.Invite.Roles) > 0) && seen.Agency.MayPortal() != nil {
			c.Invite.Postpone(now.Add(whileAway))
			return s.Store.Commit(ctx, which, client.Change{Client: c})
		}
		g, err := s.giver(ctx, seen, c)
		if err != nil {
			return err
		}
		if why := hindrance(seen, g, c, now); why != "" {
			c.Invite.Drop(now, why)
			dropped := row(now, audit.System, audit.InviteFailed, c)
			dropped.Detail = strings.TrimSuffix(why, ".")
			return s.Store.Commit(ctx, which, client.Change{Client: c, Audit: []audit.Entry{dropped}})
		}
		slot, err := seen.Agency.Take(now, rand.Uint64()) //nolint:gosec // spreads senders over slots
		var logs []allowance.Log
		if err == nil {
			mail.Tier = seen.Agency.MailTier(now)
			logs, err = allowance.Take(seen.Mails, mail, now)
		}
		if f := fault.As(err); f != nil && f.Code == fault.RateLimited {
			day, today := daily(seen, mail, now)
			at := batch.PaceOf(seen.Agency, now, day, today, seen.Promises).Next(now.Add(f.Retry))
			c.Invite.Postpone(at)
			seen.Promises.Promise(at)
			return s.Store.Commit(ctx, which, client.Change{Client: c, Promises: seen.Promises})
		}
		if err != nil {
			return err
		}
		c.Invite.Release(now, slot)
		if err := s.Store.Commit(ctx, which, client.Change{Client: c, MayInvite: true, Inviter: by, Take: &slot, Mails: logs,
			Audit: []audit.Entry{row(now, audit.System, audit.InviteCreated, c)}}); err != nil {
			return err
		}
		sent = c
		return nil
	})
	if err == nil && sent != nil {
		enqueue(ctx, s.Queue, sent)
	}
	return err
}

// giver is whose to give the roles of a scheduled invite are, as the member is now: an administrator's who has chosen them since, while it
// is one, and else the sender's; nil where the sender may not invite any more.
func (s *Sender) giver(ctx context.Context, seen *Snapshot, c *client.Client) (*giver, error) {
	g := giverOf(seen.Member, seen.Agency)
	if g == nil || g.administers || c.Invite.RolesBy == "" {
		return g, nil
	}
	since, err := s.Store.Snapshot(ctx, c.Agency, Query{Member: c.Invite.RolesBy})
	if err != nil {
		return nil, err
	}
	if x := giverOf(since.Member, since.Agency); x != nil && x.administers {
		return x, nil
	}
	return g, nil
}

// hindrance is why a scheduled invite may not be sent any more; "" while it may.
func hindrance(seen *Snapshot, g *giver, c *client.Client, now time.Time) string {
	if err := seen.Agency.MayInvite(); err != nil {
		return fault.As(err).Message
	}
	if g == nil {
		return words.Say("delivery.inviter_gone")
	}
	if v := g.may(c.Invite.Roles, seen.Roles, now); v.Kind != "" {
		return v.Reason
	}
	if !c.Invite.Lasts(now) {
		return words.Say("reminders.access_ends_first")
	}
	if seen.Suppressed[id.UserOf(c.Email)] {
		return words.Say("delivery.suppressed")
	}
	return ""
}
