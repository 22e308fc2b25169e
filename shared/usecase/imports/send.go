package imports

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
)

// together is how many invites that wait for their time are made in one transaction, which takes a hundred items.
const together = 20

// Sender sends many invites at once.
type Sender struct {
	Store   Store
	Queue   Queue
	Domains Domains
	Now     func() time.Time
}

// Send makes invites of lines, and answers for each of them in their order. Lines whose time has not come are scheduled; what a fault
// of ours has left undone is gone on with by the sweep, and has no verdict until then.
//
// Faults: [fault.Invalid] for no line or too many; [fault.NotFound] where Client Portal is not installed; [fault.PlanRequired],
// [fault.Suspended], [fault.IdempotencyUsed].
func (s *Sender) Send(ctx context.Context, caller identity.Caller, lines []batch.Line, once string) (*batch.Batch, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, err
	}
	entries, err := batch.Read(lines, batch.MaxLines)
	if err != nil {
		return nil, err
	}
	record, err := idempotency.For("sendInvites", caller.Actor(), once, lines)
	if err != nil {
		return nil, err
	}
	if err := often(ctx, s.Store, caller.Agency, s.Now()); err != nil {
		return nil, err
	}
	return s.begin(ctx, caller, entries, record)
}

// perHour is how many batches and dry runs an agency makes in an hour, since each of them is kept.
const perHour = 120

// often returns a fault with code [fault.RateLimited] when an agency has made too many.
func often(ctx context.Context, store Store, which id.Agency, now time.Time) error {
	wait, err := store.Allow(ctx, "batches#"+string(which), perHour, time.Hour, now)
	if err != nil || wait <= 0 {
		return err
	}
	f := fault.New(fault.RateLimited, "bulk.too_often")
	f.Retry, f.Limit = wait, fault.Limit{Name: "batches", Quota: perHour, Window: time.Hour}
	return f
}

// begin stores the batch and works on it. A request that came before leads to the batch that it has made.
func (s *Sender) begin(
	ctx context.Context, caller identity.Caller, entries []batch.Entry, once *idempotency.Record,
) (*batch.Batch, error) {
	var b *batch.Batch
	replayed := false
	err := conflict.Retry(ctx, func() error {
		seen, err := s.Store.Snapshot(ctx, caller.Agency, Query{Once: once})
		if err != nil {
			return err
		}
		if err := mayInvite(seen.Agency); err != nil {
			return err
		}
		now := s.Now()
		if replayed, err = once.Replays(seen.Once, now); err != nil {
			return err
		} else if replayed {
			b, err = s.Store.Batch(ctx, caller.Agency, id.Batch(seen.Once.Result))
			return err
		}
		b = &batch.Batch{ID: id.New[id.Batch](id.BatchPrefix, now), Agency: caller.Agency, By: caller.Member, Actor: caller.Actor(),
			CreatedAt: now, State: batch.Working, Until: now.Add(batch.Kept), Entries: slices.Clone(entries)}
		return s.Store.AddBatch(ctx, b, once.Of(string(b.ID), now))
	})
	if err != nil || replayed {
		return b, err
	}
	return b, s.work(ctx, b)
}

// mayInvite returns what keeps an agency from inviting external users.
func mayInvite(a *agency.Agency) error {
	if a == nil {
		return errNoBatch
	}
	if err := a.MayPortal(); err != nil {
		return err
	}
	return a.MayInvite()
}

// work decides about the entries of a batch that nobody has decided about, and saves what has become of them. A fault of ours stops it,
// is no fault of the caller's, and leaves the rest to the sweep.
func (s *Sender) work(ctx context.Context, b *batch.Batch) error {
	if err := s.decide(ctx, b); err != nil && !ours(err) {
		return err
	}
	s.finish(b)
	if err := s.Store.SaveBatch(ctx, b); err != nil && !errors.Is(err, conflict.ErrChanged) && !ours(err) {
		return err
	}
	return ctx.Err()
}

// finish notes that the batch is done, once all of its entries are.
func (s *Sender) finish(b *batch.Batch) {
	last := b.CreatedAt
	for i := range b.Entries {
		e := &b.Entries[i]
		if e.Wanted() {
			return
		}
		if e.At.After(last) {
			last = e.At
		}
	}
	b.State, b.Until = batch.Done, last.Add(batch.Kept)
}

func (s *Sender) decide(ctx context.Context, b *batch.Batch) error {
	seen, err := s.Store.Snapshot(ctx, b.Agency, query(b.Agency, b.By, b.Entries))
	if err != nil {
		return err
	}
	now := s.Now()
	g := giverOf(seen.Member, seen.Agency)
	if g == nil { // went, or may not any more, since the batch was sent
		for i := range b.Entries {
			if e := &b.Entries[i]; e.Wanted() {
				e.Verdict = batch.Saying(batch.Refused, words.Say("delivery.inviter_gone"))
			}
		}
		return nil
	}
	judge(ctx, s.Domains, seen, *g, b, now)
	var later []*batch.Entry
	full := false // whether this hour's places are taken: nobody behind in the list overtakes
	for i := range b.Entries {
		e := &b.Entries[i]
		if !e.Wanted() {
			continue
		}
		if !full {
			v, wait, err := s.now(ctx, b, e)
			if err != nil {
				return err
			}
			if !wait {
				e.Verdict = v
				continue
			}
			full = true
		}
		later = append(later, e)
	}
	for group := range slices.Chunk(later, together) {
		if err := s.schedule(ctx, b, group); err != nil {
			return err
		}
	}
	return nil
}

// offer is what an entry offers.
func offer(seen *Snapshot, e *batch.Entry) client.Offer {
	o := client.Offer{Email: e.Address, Name: e.Shown, Payer: invite.AgencyPays, Roles: e.Roles, Contact: e.Contact, Language: e.Spoken,
		From: invite.Sender{AgencyName: seen.Agency.Name, Color: seen.Agency.Color, LogoURL: seen.Agency.LogoURL}}
	if seen.Member != nil {
		o.From.Member, o.From.Name = seen.Member.ID, seen.Member.Name
	}
	return o
}

// now sends the entry's invite at once: one read, one transaction, one message. It tells when the invite has to wait for its time.
func (s *Sender) now(ctx context.Context, b *batch.Batch, e *batch.Entry) (v batch.Verdict, wait bool, err error) {
	ref := id.RefOf(b.Agency, e.Address)
	mail := mailTo(b.Agency, b.By, id.UserOf(e.Address))
	var c *client.Client
	err = conflict.Retry(ctx, func() error {
		v, wait, c = batch.Verdict{}, false, nil
		seen, err := s.Store.Snapshot(ctx, b.Agency, Query{Member: b.By, Refs: []id.Ref{ref}, Roles: e.Roles, Mails: mail.Keys(),
			Promises: true})
		if err != nil {
			return err
		}
		now := s.Now()
		before := seen.Clients[ref]
		if v = s.again(seen, b, e, before, now); v.Kind != "" {
			return nil
		}
		day, today := daily(seen, mail, now)
		if next := batch.PaceOf(seen.Agency, now, day, today, seen.Promises).Next(now); next.After(now) {
			wait = true
			return nil
		}
		slot, err := seen.Agency.Take(now, rand.Uint64()) //nolint:gosec // spreads senders over slots
		if fault.Is(err, fault.RateLimited) {
			wait = true
			return nil
		}
		if err != nil {
			return err
		}
		mail.Tier = seen.Agency.MailTier(now)
		logs, err := allowance.Take(seen.Mails, mail, now)
		if f := fault.As(err); f != nil && f.Code == fault.RateLimited {
			if wait = shared(f.Limit.Name); !wait {
				v = ofFault(f)
			}
			return nil
		}
		if err != nil {
			return err
		}
		rows := ranOut(before, now)
		c, err = client.Begin(before, b.Agency, offer(seen, e), now)
		if err != nil {
			v = ofFault(err)
			return nil
		}
		c.Invite.Batch = b.ID
		c.Invite.First(now, slot)
		rows = append(rows, row(now, b.Actor, audit.InviteCreated, c))
		if err := s.Store.Commit(ctx, b.Agency, client.Change{Client: c, MayInvite: true, Inviter: b.By, Take: &slot, Mails: logs,
			Audit: rows}); err != nil {
			return err
		}
		v = batch.Verdict{Kind: batch.Created, Client: c.ID, Invite: c.Invite.ID}
		return nil
	})
	if err == nil && v.Kind == batch.Created && c != nil {
		enqueue(ctx, s.Queue, c)
	}
	return v, wait, err
}

// again judges an entry by what is so at the moment of its change.
func (s *Sender) again(seen *Snapshot, b *batch.Batch, e *batch.Entry, before *client.Client, now time.Time) batch.Verdict {
	if err := mayInvite(seen.Agency); err != nil {
		return ofFault(err)
	}
	g := giverOf(seen.Member, seen.Agency)
	if g == nil {
		return batch.Saying(batch.Refused, words.Say("delivery.inviter_gone"))
	}
	if v := g.may(e.Roles, seen.Roles, now); v.Kind != "" {
		return v
	}
	if v := made(b, before); v.Kind != "" {
		return v
	}
	return taken(before, b, e, now)
}

// shared tells whether a limit is one of the agency's or the sender's, which waiting helps with; the others are about the address.
func shared(limit string) bool { return limit == "agency-mails-day" || limit == "member-mails-day" }

// daily is how many invites the agency may send in a day, and when it has sent those of the last one.
func daily(seen *Snapshot, mail allowance.Mail, now time.Time) (most int, today []time.Time) {
	mail.Tier = seen.Agency.MailTier(now)
	return mail.PerDay(), mail.Today(seen.Mails, now)
}

// schedule makes invites that wait for their time, all of them in one transaction.
func (s *Sender) schedule(ctx context.Context, b *batch.Batch, group []*batch.Entry) error {
	q := Query{Member: b.By, Mails: mailTo(b.Agency, b.By, "").Keys(), Promises: true}
	for _, e := range group {
		q.Refs, q.Roles = append(q.Refs, id.RefOf(b.Agency, e.Address)), append(q.Roles, e.Roles...)
	}
	slices.Sort(q.Roles)
	q.Roles = slices.Compact(q.Roles)
	verdicts := make([]batch.Verdict, len(group))
	err := conflict.Retry(ctx, func() error {
		clear(verdicts)
		seen, err := s.Store.Snapshot(ctx, b.Agency, q)
		if err != nil {
			return err
		}
		now := s.Now()
		change := client.Change{MayInvite: true, Inviter: b.By, Promises: seen.Promises}
		pace := (*batch.Pace)(nil)
		for n, e := range group {
			before := seen.Clients[q.Refs[n]]
			if verdicts[n] = s.again(seen, b, e, before, now); verdicts[n].Kind != "" {
				continue
			}
			if err := seen.Promises.Room(now); err != nil {
				verdicts[n] = ofFault(err)
				continue
			}
			if pace == nil {
				day, today := daily(seen, mailTo(b.Agency, b.By, ""), now)
				pace = batch.PaceOf(seen.Agency, now, day, today, seen.Promises)
			}
			rows := ranOut(before, now)
			c, err := client.Begin(before, b.Agency, offer(seen, e), now)
			if err != nil {
				verdicts[n] = ofFault(err)
				continue
			}
			at := pace.Next(now)
			c.Invite.Batch = b.ID
			c.Invite.Schedule(now, at)
			seen.Promises.Promise(at)
			change.Audit = append(append(change.Audit, rows...), row(now, b.Actor, audit.InviteScheduled, c))
			if change.Client == nil {
				change.Client = c
			} else {
				change.Also = append(change.Also, c)
			}
			verdicts[n] = batch.Verdict{Kind: batch.Scheduled, Client: c.ID, Invite: c.Invite.ID, At: at}
		}
		if change.Client == nil {
			return nil
		}
		return s.Store.Commit(ctx, b.Agency, change)
	})
	if err != nil {
		return err
	}
	for n, e := range group {
		e.Verdict = verdicts[n]
	}
	return nil
}

// Look goes on with a batch that nobody has finished, and deletes one whose time is over.
func (s *Sender) Look(ctx context.Context, which id.Agency, what id.Batch) error {
	b, err := s.Store.Batch(ctx, which, what)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.Now()
	switch {
	case now.Before(b.Due()):
		return nil
	case b.State == batch.Done || !now.Before(b.Until):
		return s.Store.DropBatch(ctx, b)
	}
	if err := s.decide(ctx, b); err != nil {
		return err
	}
	s.finish(b)
	return s.Store.SaveBatch(ctx, b)
}
