// Package agencies is an agency's own life: how it looks, who works there, and its end.
package agencies

import (
	"context"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
)

// Store keeps agencies and those who work there. Reads of what is not there return a fault with code
// [fault.NotFound]; writes from a state that is not so any more return conflict.ErrChanged.
type Store interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Roster reads the agency and its members as they are now. A [Staffing] that is made from it holds only if neither
	// members nor keys have changed since.
	Roster(ctx context.Context, agency id.Agency) (*Roster, error)
	// APIKeys lists the agency's keys, as they are now.
	APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error)
	// Recall reads what an idempotency key made.
	Recall(ctx context.Context, agency id.Agency, key string) (*idempotency.Record, error)
	// Rebrand writes a new look, while the agency still has the revision that it was made from.
	Rebrand(ctx context.Context, r Rebranding) error
	// Staff writes a change of members and keys.
	Staff(ctx context.Context, s Staffing) error
	// Close writes that the agency is at its end: from then on it is suspended, closed, without members and without
	// keys, and due to be purged.
	Close(ctx context.Context, c Closing) error
	// ClientCount counts the agency's clients, at most to most.
	ClientCount(ctx context.Context, agency id.Agency, most int) (int, error)
	// BoundCount counts the agency's clients that are [client.Client.Bound], as they are now.
	BoundCount(ctx context.Context, agency id.Agency) (int, error)
	// Logo reads a logo, if it is the agency's own or was not long before now.
	Logo(ctx context.Context, agency id.Agency, hash string, now time.Time) ([]byte, error)
	// Allow counts one use under the name; it returns how long to wait when there have been most of them already.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// Queue takes mail jobs.
type Queue interface {
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Office does an agency's own business.
type Office struct {
	Store Store
	Queue Queue // nil where nobody is added
	// Picture makes a logo of an uploaded file; nil where none is taken. Faults: [fault.Invalid] in "logo".
	Picture func(file []byte) (*agency.Logo, error)
	Now     func() time.Time
}

// Roster is an agency with those who work there.
type Roster struct {
	Agency  *agency.Agency
	Members agency.Members
}

// Rebranding is a new look.
type Rebranding struct {
	Agency *agency.Agency // the new state; Revision is that of the old one
	Logo   *agency.Logo   // a new logo, which the agency's LogoURL leads to; nil to store none
	Old    string         // hash of the logo that is replaced; "" for none
	At     time.Time
	Audit  audit.Entry
}

// Staffing is a change of members and keys, decided from a Roster.
type Staffing struct {
	Agency id.Agency
	Staff  int // Agency.Staff as it was read
	At     time.Time
	Add    *agency.Member
	Change *agency.Member // role and name
	Remove *agency.Member
	Revoke []id.Key
	Audit  []audit.Entry
	Once   *idempotency.Record
}

// Closing ends an agency: all of its members go, and all of its keys.
type Closing struct {
	Roster *Roster
	Keys   []id.Key
	At     time.Time
	Audit  audit.Entry
}

// Get reads the caller's agency.
func (o *Office) Get(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	return o.Store.Agency(ctx, caller.Agency)
}

func row(now time.Time, actor string, action audit.Action, subject, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: actor, Action: action, Subject: subject, Detail: detail}
}

// enqueue puts a new member's mail on the queue. That it may fail is no error of the caller: the sweep does it then.
func (o *Office) enqueue(ctx context.Context, which id.Agency, m *agency.Member) {
	body := job.Mail{Kind: job.Member, Agency: which, Member: m.ID, Job: m.Notice.Job}.Encode()
	if err := o.Queue.Send(ctx, body, 0); err != nil {
		slog.WarnContext(ctx, "mail not enqueued, left to the sweep", "member", m.ID, "error", err)
	}
}

var errNoMember = fault.New(fault.NotFound, "There is no such member.")
