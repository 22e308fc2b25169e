// Package onboarding brings a client in: an agency sends an invite, watches over it, sends it again or cancels it;
// the invited person sees what it is offered and accepts.
package onboarding

import (
	"context"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/role"
)

// InviteStore reads relationships. Reads of what is not there return a fault with code [fault.NotFound].
type InviteStore interface {
	// Client reads one relationship; fresh asks for the state as it is now rather than a moment ago.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
}

// ChangeStore changes relationships for reasons that are found in themselves.
type ChangeStore interface {
	InviteStore
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
}

// PreviewStore reads what a decision is made from.
type PreviewStore interface {
	// Snapshot reads at once, and as it is now, all that a decision about a relationship needs.
	Snapshot(ctx context.Context, agency id.Agency, q Query) (*Snapshot, error)
}

// Store keeps relationships, and reads all that a decision about one is made from.
type Store interface {
	ChangeStore
	PreviewStore
	// Mails reads the logs of mails that were caused, as they are now; what was never written is left out.
	Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error)
}

// Query says what a Snapshot holds. Empty fields are left out.
type Query struct {
	Ref       id.Ref
	Member    id.Member
	Resources []id.Resource
	Roles     []id.Role
	Contact   id.Contact
	Once      *idempotency.Record
	Mails     []allowance.Key
	Promises  bool // the times that its scheduled invites have been given
}

// Snapshot is what a decision is made from, read at one moment. What does not exist is nil, or not in the map.
type Snapshot struct {
	Agency    *agency.Agency
	Member    *agency.Member
	Client    *client.Client
	Resources map[id.Resource]instance.Resource
	Roles     []role.Role
	Card      *client.Card
	Once      *idempotency.Record
	Mails     []allowance.Log
	Promises  *batch.Promises
}

// mailTo is the mail of an invite, as it is counted.
func mailTo(caller identity.Caller, to email.Address) allowance.Mail {
	return allowance.Mail{Kind: allowance.Invite, Agency: caller.Agency, Actor: caller.Member, To: id.UserOf(to)}
}

// count counts the mail, as far as the agency is trusted now. Faults: [fault.RateLimited].
func (s *Snapshot) count(m allowance.Mail, now time.Time) ([]allowance.Log, error) {
	m.Tier = s.Agency.MailTier(now)
	return allowance.Take(s.Mails, m, now)
}

// Queue takes mail jobs.
type Queue interface {
	// Send puts a message on the queue; it is delivered after the delay.
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// enqueue puts the client's mail job on the queue. That it may fail is no error of the caller: the job is stored
// with a due time, and the sweep puts it on the queue.
func enqueue(ctx context.Context, q Queue, c *client.Client) {
	body := job.Mail{Kind: job.Invite, Agency: c.Agency, Client: c.ID, Job: c.Invite.Mail.Job}.Encode()
	if err := q.Send(ctx, body, 0); err != nil {
		slog.WarnContext(ctx, "mail not enqueued, left to the sweep", "client", c.ID, "error", err)
	}
}

// row is a row of the audit log about c's current invite.
func row(now time.Time, actor string, action audit.Action, c *client.Client, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: actor, Action: action,
		Subject: string(c.Invite.ID), Detail: detail}
}

// ranOut writes down that c's invite, whose time is over, has expired, where the sweep has not been there yet: what is
// put in its place must not leave a hole in the log. c may be nil.
func ranOut(c *client.Client, now time.Time) []audit.Entry {
	if c == nil || !c.Invite.Expire(now) {
		return nil
	}
	// Dated when it ran out, so that it stands before the row of what happens now.
	return []audit.Entry{row(c.Invite.ExpiresAt, audit.System, audit.InviteExpired, c, "")}
}

var (
	errNoInvite = fault.New(fault.NotFound, "errors.there_is_no_such_invite")
	errNoClient = fault.New(fault.NotFound, "errors.there_is_no_such_client")
)
