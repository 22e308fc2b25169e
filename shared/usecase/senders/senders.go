// Package senders has agencies send from domains of their own: the claim of a name, the doctor who says what is wrong with its
// records, the switch, the agency's own mail server, and what is kept in step with the platform's mail service.
package senders

import (
	"context"
	"errors"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/zone"
)

// ReadStore is what sender domains are read from. Reads of what is not there return a fault with code [fault.NotFound].
type ReadStore interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Settings reads how the agency's mail goes out; those that are not stored are the zero settings of the agency.
	Settings(ctx context.Context, agency id.Agency) (*sender.Settings, error)
	// Claim reads a claim as it is now, with the identity of its name and the tree that the name stands in.
	Claim(ctx context.Context, agency id.Agency, which id.SenderDomain) (*sender.Claim, error)
	// Claims reads all of the agency's claims in the order in which they were made.
	Claims(ctx context.Context, agency id.Agency) ([]*sender.Claim, error)
	// Health sums up what became of the mails from a domain in the 30 days before now.
	Health(ctx context.Context, agency id.Agency, which id.SenderDomain, now time.Time) (sender.Health, error)
}

// Change is a write, all or nothing, while all that it holds has the version that was read; else it is conflict.ErrChanged.
type Change struct {
	Claim    *sender.Claim
	Settings *sender.Settings // nil leaves them alone
	Tree     *sender.Tree     // nil leaves it alone
	// Others are further claims of the agency that change along.
	Others []*sender.Claim
	// Gone deletes the claim. One that is over claims its name no more, also while it is kept.
	Gone bool

	Audit []audit.Entry
	Once  *idempotency.Record
}

// Store keeps sender domains.
type Store interface {
	ReadStore
	// Lookalikes lists the domains that other agencies have, of a skeleton.
	Lookalikes(ctx context.Context, skeleton string) ([]sender.Domain, error)
	// Recall reads what an idempotency key made.
	Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error)
	// Save writes a change. The claim is a new one where its version is 0: then a name that has no identity gets one that is to
	// be made, while there are fewer than most in all; a fault with code [fault.Unavailable] when there are not (Q4).
	Save(ctx context.Context, change Change) error
	// Allow counts one use under the name in the window that now is in, and returns how long to wait when there have
	// been most of them in it.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// WorkStore is what the workers need besides.
type WorkStore interface {
	Store
	// SaveIdentity writes what the mail service has of a name, while the stored version is the one that was read.
	SaveIdentity(ctx context.Context, i *sender.Identity) error
	// DropIdentity forgets the identity of a name that nobody claims any more; conflict.ErrChanged where somebody does.
	DropIdentity(ctx context.Context, i *sender.Identity) error
	// Claimed tells whether anybody claims the name.
	Claimed(ctx context.Context, d sender.Domain) (bool, error)
	// Identities counts the identities that there are, or are to be made.
	Identities(ctx context.Context) (int, error)
}

// MaxIdentities is how many identities SES has in a region, which AWS does not raise ("Service quotas in Amazon SES").
const MaxIdentities = 10_000

// Queue takes jobs.
type Queue interface {
	// Send puts a message on the queue; it is delivered after the delay.
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Asking is the questions of one look, which share a budget.
type Asking interface {
	// Zone finds the zone that a name is in, and its name servers. The error is a [*zone.CannotAsk].
	Zone(ctx context.Context, name string) (zone.Zone, error)
	// First asks the zone's servers one after the other until one answers.
	First(ctx context.Context, z zone.Zone, name string, t zone.Type) zone.Reply
	// Resolver asks this machine's resolver, which may keep old answers.
	Resolver(ctx context.Context, name string, t zone.Type) zone.Reply
	// Left is how many questions there may still be.
	Left() int
}

// DNS begins a look.
type DNS func() Asking

// Identities is the platform's mail service, as far as names are concerned. Each call waits for its turn (Q1).
type Identities interface {
	// Make makes the identity of a name, or takes the one that is there, and sets its MAIL FROM domain.
	Make(ctx context.Context, d sender.Domain, mailFrom string) (sender.Identity, error)
	// Read reads it. Faults: [fault.NotFound].
	Read(ctx context.Context, d sender.Domain) (sender.Identity, error)
	// MailFrom sets another MAIL FROM domain.
	MailFrom(ctx context.Context, d sender.Domain, mailFrom string) error
	// Restart has the service look for the records anew.
	Restart(ctx context.Context, d sender.Domain) error
	// Admit lets the agency's tenant send from it, where agencies are tenants; it tells whether they are.
	Admit(ctx context.Context, d sender.Domain, agency id.Agency) (bool, error)
	// Delete deletes it, and what it is associated with first. One that is not there is fine.
	Delete(ctx context.Context, d sender.Domain) error
}

// ErrBusy says that the mail service asks to be called less often. It is no failure: the job waits.
var ErrBusy = errors.New("senders: the mail service asks to wait")

// ErrNoRoom says that the mail service has as many identities as it can.
var ErrNoRoom = errors.New("senders: the mail service has no room for another identity")

// View is a claim with what there is to see beside it.
type View struct {
	*sender.Claim
	Settings *sender.Settings
	Agency   *agency.Agency
	Outgoing sender.Outgoing // how the agency's mail goes out now
	Health   sender.Health
	Now      time.Time
}

// On tells whether the claim is switched on.
func (v *View) On() bool { return v.Settings.On == v.ID }

// SES is the mail service's own line.
func (v *View) SES() sender.Verdict {
	return sender.JudgeSES(v.Identity.Status, v.Identity.Failure, v.Report.Right(), v.Due)
}

// Overview is all of an agency's sending.
type Overview struct {
	Settings  *sender.Settings
	Agency    *agency.Agency
	Claims    []*View
	Outgoing  sender.Outgoing
	Suggested sender.Domain // for whoever looks: below the domain of their own address; "" for none
	Now       time.Time
}

// row is a line of the log.
func row(now time.Time, caller identity.Caller, what audit.Action, which id.SenderDomain, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: what, Subject: string(which),
		Detail: detail}
}

// changed is the line of a change of state.
func changed(c sender.Change, claim *sender.Claim, actor string) []audit.Entry {
	if !c.Changed() {
		return nil
	}
	return []audit.Entry{{ID: id.New[id.Event](id.EventPrefix, c.At), At: c.At, Actor: actor, Action: audit.DomainState,
		Subject: string(claim.ID), Detail: claim.Title()}}
}

// limited is the fault of too many uses, with what its header says.
func limited(f *fault.Error, wait time.Duration, name string, most int, window time.Duration) error {
	f.Retry, f.Limit = wait, fault.Limit{Name: name, Quota: most, Window: window}
	return f
}
