package imports

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/sheet"
	"latchkey.dev/shared/domain/words"
)

// pollEvery is how often it is looked whether mails are out.
const pollEvery = 100 * time.Millisecond

// Batches reads batches, and cancels what of them waits for its time.
type Batches struct {
	Store BatchStore
	Now   func() time.Time
}

// Shown is a batch with what its lines have become by now.
type Shown struct {
	*batch.Batch

	Agency *agency.Agency
	States map[int]invite.Status // of the lines that have an invite, by their place in the list
}

// Get reads a batch. An employee who administers nothing reads its own. Faults: [fault.NotFound].
func (s *Batches) Get(ctx context.Context, caller identity.Caller, which id.Batch) (*Shown, error) {
	if err := caller.MayPortal(identity.InvitesRead, identity.See); err != nil {
		return nil, err
	}
	return s.shown(ctx, caller, which)
}

func (s *Batches) shown(ctx context.Context, caller identity.Caller, which id.Batch) (*Shown, error) {
	b, err := s.Store.Batch(ctx, caller.Agency, which)
	if err != nil {
		return nil, err
	}
	if !caller.Administers() && b.By != caller.Member || b.State == batch.Dry {
		return nil, errNoBatch
	}
	return s.Standing(ctx, b)
}

// How far one request for a page of batches looks: reads of so many each.
const (
	listReads   = 8
	listExamine = 250
)

// List reads a page of batches without their lines, newest first, in a bounded number of reads: it may come short of its limit, with a
// cursor to go on from. An employee who administers nothing sees its own. Faults: [fault.NotFound].
func (s *Batches) List(ctx context.Context, caller identity.Caller, q ListQuery) ([]batch.Batch, id.Batch, error) {
	if err := caller.MayPortal(identity.InvitesRead, identity.See); err != nil {
		return nil, "", err
	}
	seen, err := s.Store.Snapshot(ctx, caller.Agency, Query{})
	if err != nil {
		return nil, "", err
	}
	if seen.Agency == nil {
		return nil, "", errNoBatch
	}
	if err := seen.Agency.MayPortal(); err != nil {
		return nil, "", err
	}
	if q.By = ""; !caller.Administers() {
		q.By = caller.Member
	}
	q.Examine = max(listExamine, q.Limit)
	var out []batch.Batch
	for range listReads {
		some, next, err := s.Store.Batches(ctx, caller.Agency, q)
		if err != nil {
			return nil, "", err
		}
		if room := q.Limit - len(out); len(some) > room {
			some = some[:room]
			next = some[room-1].ID
		}
		out, q.After = append(out, some...), next
		if next == "" || len(out) == q.Limit {
			break
		}
	}
	return out, q.After, nil
}

// Await waits at most for d until no mail of the batch's invites is on its way any more.
func (s *Batches) Await(ctx context.Context, b *batch.Batch, d time.Duration) (*Shown, error) {
	over := time.After(d)
	for {
		out, err := s.Standing(ctx, b)
		if err != nil || d <= 0 || !out.sending() {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case <-over:
			return out, nil
		case <-time.After(pollEvery):
		}
	}
}

func (s *Shown) sending() bool {
	for _, state := range s.States {
		if state == invite.Sending {
			return true
		}
	}
	return false
}

// Standing is the batch as it is at the moment.
func (s *Batches) Standing(ctx context.Context, b *batch.Batch) (*Shown, error) {
	q := Query{}
	for i := range b.Entries {
		if ref := b.Entries[i].Invite.Ref(); ref != "" {
			q.Refs = append(q.Refs, ref)
		}
	}
	seen, err := s.Store.Snapshot(ctx, b.Agency, q)
	if err != nil {
		return nil, err
	}
	if seen.Agency == nil {
		return nil, errNoBatch
	}
	if err := seen.Agency.MayPortal(); err != nil {
		return nil, err
	}
	now := s.Now()
	out := &Shown{Batch: b, Agency: seen.Agency, States: map[int]invite.Status{}}
	for i := range b.Entries {
		e := &b.Entries[i]
		if e.Wanted() { // somebody goes on with it in a moment
			e.Kind, e.At = batch.Scheduled, b.Due()
			continue
		}
		if e.Kind != batch.Created && e.Kind != batch.Scheduled {
			continue
		}
		become(out, i, seen.Clients[e.Invite.Ref()], now)
	}
	return out, nil
}

// become says what the invite of an entry has become. An invite that nobody knows any more was taken back because its mail could not be
// sent.
func become(s *Shown, n int, c *client.Client, now time.Time) {
	e := &s.Entries[n]
	if c == nil {
		e.Kind, e.Reason = batch.Failed, words.Say("delivery.gave_up")
		return
	}
	i := c.Invite
	if i.ID != e.Invite {
		p := slices.IndexFunc(c.Earlier, func(p client.Past) bool { return p.ID == e.Invite })
		if p < 0 {
			e.Kind, e.Reason = batch.Failed, words.Say("delivery.gave_up")
			return
		}
		s.States[n], e.Kind = c.Earlier[p].Status, batch.Created
		return
	}
	s.States[n] = i.At(now)
	switch {
	case i.Status == invite.Failed && !i.WasSent():
		e.Kind, e.Reason = batch.Failed, i.Reason
	case i.Status == invite.Scheduled:
		e.Kind, e.At = batch.Scheduled, i.SendAt
	default:
		e.Kind = batch.Created
	}
}

// Cancel cancels the invites of a batch that still wait for their time. An employee cancels its own batch. Faults: [fault.NotFound].
func (s *Batches) Cancel(ctx context.Context, caller identity.Caller, which id.Batch) (*Shown, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, err
	}
	if err := s.stop(ctx, caller, which); err != nil {
		return nil, err
	}
	out, err := s.shown(ctx, caller, which)
	if err != nil {
		return nil, err
	}
	var refs []id.Ref
	for n, state := range out.States {
		if state == invite.Scheduled {
			refs = append(refs, out.Entries[n].Invite.Ref())
		}
	}
	slices.Sort(refs)
	for group := range slices.Chunk(refs, together) {
		if err := s.cancel(ctx, caller, which, group); err != nil {
			return nil, err
		}
	}
	return s.shown(ctx, caller, which)
}

// stop keeps lines of the batch from being made into invites that nobody has decided about yet.
func (s *Batches) stop(ctx context.Context, caller identity.Caller, which id.Batch) error {
	return conflict.Retry(ctx, func() error {
		b, err := s.Store.Batch(ctx, caller.Agency, which)
		if err != nil || b.State != batch.Working || !caller.Administers() && b.By != caller.Member {
			return err
		}
		for i := range b.Entries {
			if e := &b.Entries[i]; e.Wanted() {
				e.Verdict = batch.Saying(batch.Refused, words.Say("bulk.cancelled"))
			}
		}
		b.State = batch.Done
		return s.Store.SaveBatch(ctx, b)
	})
}

func (s *Batches) cancel(ctx context.Context, caller identity.Caller, which id.Batch, group []id.Ref) error {
	return conflict.Retry(ctx, func() error {
		seen, err := s.Store.Snapshot(ctx, caller.Agency, Query{Refs: group})
		if err != nil {
			return err
		}
		now := s.Now()
		var change client.Change // the store gives their times back
		for _, ref := range group {
			c := seen.Clients[ref]
			if c == nil || c.Invite.Batch != which || c.Invite.Status != invite.Scheduled {
				continue // it went out, or was cancelled, in the meantime
			}
			if err := c.Invite.Cancel(now); err != nil {
				return err
			}
			change.Audit = append(change.Audit, row(now, caller.Actor(), audit.InviteCanceled, c))
			if change.Client == nil {
				change.Client = c
			} else {
				change.Also = append(change.Also, c)
			}
		}
		if change.Client == nil {
			return nil
		}
		return s.Store.Commit(ctx, caller.Agency, change)
	})
}

// Export reads a batch, or a dry run, for a file, and the names of the roles in it.
func (s *Batches) Export(ctx context.Context, caller identity.Caller, which id.Batch) (*Shown, map[id.Role]string, error) {
	if err := caller.MayPortal(identity.InvitesRead, identity.See); err != nil {
		return nil, nil, err
	}
	b, err := s.Store.Batch(ctx, caller.Agency, which)
	if err != nil {
		return nil, nil, err
	}
	if !caller.Administers() && b.By != caller.Member {
		return nil, nil, errNoBatch
	}
	out, err := s.Standing(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	var q Query
	for i := range out.Entries {
		for _, r := range out.Entries[i].Roles {
			if batch.Known(r) && !slices.Contains(q.Roles, r) {
				q.Roles = append(q.Roles, r)
			}
		}
	}
	seen, err := s.Store.Snapshot(ctx, caller.Agency, q)
	if err != nil {
		return nil, nil, err
	}
	names := map[id.Role]string{}
	for which := range seen.Roles {
		names[which] = seen.Roles[which].Name
	}
	return out, names, nil
}

// Sheet is entries as a file for a spreadsheet; failed leaves out those that have become invites, or would.
func Sheet(entries []batch.Entry, names map[id.Role]string, failed bool) ([]byte, error) {
	rows := [][]string{{"row", "email", "name", "roles", "contact", "verdict", "problem", "sendAt"}}
	for i := range entries {
		e := &entries[i]
		if failed && e.Kind.Good() {
			continue
		}
		roles := make([]string, len(e.Roles))
		for n, r := range e.Roles {
			if roles[n] = names[r]; roles[n] == "" {
				roles[n] = batch.Called(r)
			}
		}
		at := ""
		if e.Kind == batch.Scheduled {
			at = e.At.UTC().Format(time.RFC3339)
		}
		rows = append(rows, []string{strconv.Itoa(e.Number), e.Email, e.Name, strings.Join(roles, "|"), string(e.Contact), string(e.Kind),
			e.Reason, at})
	}
	return sheet.Write(rows)
}
