// Package imports invites many at once: the lines of a form, a pasted list or a file. Every line gets its verdict, what the agency's
// limits do not let out now waits for its time, and whatever interrupts the work, the sweep has it gone on with.
package imports

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
)

// ReadStore reads batches and what their lines have become.
type ReadStore interface {
	// Batch reads a batch; one that is not there is a fault with code [fault.NotFound].
	Batch(ctx context.Context, agency id.Agency, which id.Batch) (*batch.Batch, error)
	// Snapshot reads, as it is now, all that lines are judged by.
	Snapshot(ctx context.Context, agency id.Agency, q Query) (*Snapshot, error)
}

// CancelStore cancels what of a batch waits for its time.
type CancelStore interface {
	ReadStore
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	// SaveBatch writes a batch while the stored version is the one that was read.
	SaveBatch(ctx context.Context, b *batch.Batch) error
}

// BatchStore also lists batches.
type BatchStore interface {
	CancelStore
	// Batches reads batches that were sent without their lines, newest first, from behind the cursor on: one read of at most Examine
	// of what is stored, of which those that match are returned, and the cursor of the next read, "" at the end.
	Batches(ctx context.Context, agency id.Agency, q ListQuery) ([]batch.Batch, id.Batch, error)
}

// ListQuery asks for a page of batches.
type ListQuery struct {
	By      id.Member // only those that this member has sent; "" for all
	Limit   int
	After   id.Batch // the last one of the page before; "" for the first page
	Examine int      // how many a read looks at
}

// Store keeps batches, and makes invites of their lines.
type Store interface {
	CancelStore
	// AddBatch writes a batch that is not there yet, with the idempotency key that it was sent with, which may be nil.
	AddBatch(ctx context.Context, b *batch.Batch, once *idempotency.Record) error
	// DropBatch deletes a batch with its lines.
	DropBatch(ctx context.Context, b *batch.Batch) error
	// Allow counts one use under the name, and returns how long to wait when it was used too often.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// Query says what a Snapshot holds. Empty fields are left out.
type Query struct {
	Member   id.Member
	Refs     []id.Ref
	Users    []id.User // of which it is asked whether they must not be mailed
	Roles    []id.Role
	Contacts []id.Contact
	Once     *idempotency.Record
	Mails    []allowance.Key
	Promises bool
}

// Snapshot is what lines are judged by. What does not exist is nil, or not in the map.
type Snapshot struct {
	Agency     *agency.Agency
	Member     *agency.Member
	Clients    map[id.Ref]*client.Client
	Suppressed map[id.User]bool
	Roles      map[id.Role]role.Role
	Contacts   []client.Card
	Once       *idempotency.Record
	Mails      []allowance.Log
	Promises   *batch.Promises
}

// Domains looks up where mail for a domain goes.
type Domains interface {
	// TakesMail returns a *sender.Refusal when the domain does not exist or takes no mail. Any other error means that it could not be
	// found out.
	TakesMail(ctx context.Context, domain string) error
}

// Queue takes mail jobs.
type Queue interface {
	// Send puts a message on the queue; it is delivered after the delay.
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// enqueue puts the client's mail job on the queue. Where that fails, the sweep finds the job by its due time.
func enqueue(ctx context.Context, q Queue, c *client.Client) {
	body := job.Mail{Kind: job.Invite, Agency: c.Agency, Client: c.ID, Job: c.Invite.Mail.Job}.Encode()
	if err := q.Send(ctx, body, 0); err != nil {
		slog.WarnContext(ctx, "mail not enqueued, left to the sweep", "client", c.ID, "error", err)
	}
}

// row is a row of the audit log about c's current invite.
func row(now time.Time, actor string, action audit.Action, c *client.Client) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: actor, Action: action, Subject: string(c.Invite.ID)}
}

// ranOut writes down that c's invite, whose time is over, has expired, where the sweep has not been there yet. c may be nil.
func ranOut(c *client.Client, now time.Time) []audit.Entry {
	if c == nil || !c.Invite.Expire(now) {
		return nil
	}
	return []audit.Entry{row(c.Invite.ExpiresAt, audit.System, audit.InviteExpired, c)}
}

// mailTo is the mail of an invite, as it is counted.
func mailTo(which id.Agency, by id.Member, to id.User) allowance.Mail {
	return allowance.Mail{Kind: allowance.Invite, Agency: which, Actor: by, To: to}
}

// ours tells whether err is a failure on our side, which says nothing about a line.
func ours(err error) bool {
	f := fault.As(err)
	return f == nil || f.Code == fault.Unavailable || f.Code == fault.Internal
}

// giver is who gives roles: whether it administers Client Portal, or may only give what employees may.
type giver struct{ administers bool }

// may returns what is in the way of giving the roles; "" for nothing.
func (g giver) may(roles []id.Role, have map[id.Role]role.Role, now time.Time) batch.Verdict {
	for _, which := range roles {
		r, ok := have[which]
		switch {
		case !ok:
			return batch.Saying(batch.Role, words.Say("bulk.role_unknown"))
		case r.Expired(now):
			return batch.Saying(batch.Role, words.Say("bulk.role_expired", "role", r.Name))
		case !r.Active:
			return batch.Saying(batch.Role, words.Say("bulk.role_inactive", "role", r.Name))
		case !g.administers && !r.EmployeesMayGive:
			return batch.Saying(batch.Role, words.Say("bulk.role_not_yours", "role", r.Name))
		}
	}
	return batch.Verdict{}
}

// giverOf is who gives what a member has sent, as the member is now; nil where it may not invite any more.
func giverOf(m *agency.Member, a *agency.Agency) *giver {
	if m == nil {
		return nil
	}
	switch place := identity.PlaceOf(m, a); {
	case place.Portal == agency.Administrator:
		return &giver{administers: true}
	case place.Invites:
		return &giver{}
	}
	return nil
}

var errNoBatch = fault.New(fault.NotFound, "errors.there_is_no_such_batch")

// refusal returns the reason when err is final.
func refusal(err error) (string, bool) {
	var r *sender.Refusal
	if errors.As(err, &r) {
		return r.Reason, true
	}
	return "", false
}
