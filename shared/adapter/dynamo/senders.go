package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

// SenderReads is what showing an agency's sender domains needs.
type SenderReads struct{ t *Table }

// NewSenderReads makes SenderReads of the table.
func NewSenderReads(t *Table) SenderReads { return SenderReads{t} }

var _ senders.ReadStore = SenderReads{}

// Agency reads the agency as it is now.
func (s SenderReads) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return s.t.agency(ctx, which)
}

// Settings reads how the agency's mail goes out.
func (s SenderReads) Settings(ctx context.Context, agency id.Agency) (*sender.Settings, error) {
	return s.t.senderSettings(ctx, agency)
}

// Claim reads a claim as it is now, with what belongs to its name.
func (s SenderReads) Claim(ctx context.Context, agency id.Agency, which id.SenderDomain) (*sender.Claim, error) {
	return s.t.claim(ctx, agency, which)
}

// Claims reads all of the agency's claims in the order in which they were made.
func (s SenderReads) Claims(ctx context.Context, agency id.Agency) ([]*sender.Claim, error) {
	return s.t.claims(ctx, agency)
}

// Health sums up what became of the mails from a domain in the 30 days before now.
func (s SenderReads) Health(ctx context.Context, agency id.Agency, which id.SenderDomain, now time.Time) (sender.Health, error) {
	return s.t.health(ctx, agency, which, now)
}

// Senders is what changing an agency's sender domains needs.
type Senders struct{ SenderReads }

// NewSenders makes Senders of the table.
func NewSenders(t *Table) Senders { return Senders{NewSenderReads(t)} }

var _ senders.Store = Senders{}

// Lookalikes lists the domains that agencies have proven, of a skeleton.
func (s Senders) Lookalikes(ctx context.Context, skeleton string) ([]sender.Domain, error) {
	return s.t.lookalikes(ctx, skeleton)
}

// Recall reads what an idempotency key made.
func (s Senders) Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error) {
	return s.t.recall(ctx, agency, hash)
}

// Save writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged. What was written has the
// stored version from then on.
func (s Senders) Save(ctx context.Context, change senders.Change) error {
	return s.t.saveSender(ctx, change)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (s Senders) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return s.t.allow(ctx, name, most, window, now)
}

// SenderWork is what the workers need that look after sender domains.
type SenderWork struct{ Senders }

// NewSenderWork makes SenderWork of the table.
func NewSenderWork(t *Table) SenderWork { return SenderWork{NewSenders(t)} }

var _ senders.WorkStore = SenderWork{}

// SaveIdentity writes what the mail service has of a name, while the stored version is the one that was read.
func (s SenderWork) SaveIdentity(ctx context.Context, i *sender.Identity) error {
	return s.t.saveIdentity(ctx, i)
}

// DropIdentity forgets the identity of a name that nobody claims any more; conflict.ErrChanged where somebody does, or did since it
// was read.
func (s SenderWork) DropIdentity(ctx context.Context, i *sender.Identity) error {
	return s.t.dropIdentity(ctx, i)
}

// Claimed tells whether anybody claims the name.
func (s SenderWork) Claimed(ctx context.Context, d sender.Domain) (bool, error) {
	return s.t.claimed(ctx, d)
}

// ClaimsOf reads the claims of a name, whose claims are not over.
func (s SenderWork) ClaimsOf(ctx context.Context, d sender.Domain) ([]*sender.Claim, error) {
	return s.t.claimsOf(ctx, d)
}

// Identities counts the identities that there are, or are to be made.
func (s SenderWork) Identities(ctx context.Context) (int, error) {
	return s.t.identities(ctx)
}

// SenderDecisions is what deciding about names needs that look like somebody else's.
type SenderDecisions struct{ Senders }

// NewSenderDecisions makes SenderDecisions of the table.
func NewSenderDecisions(t *Table) SenderDecisions { return SenderDecisions{NewSenders(t)} }

var _ senders.OperatorStore = SenderDecisions{}

// Held lists the claims that wait for the operator, in the order in which they were made.
func (s SenderDecisions) Held(ctx context.Context) ([]*sender.Claim, error) {
	return s.t.heldClaims(ctx)
}
