package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/onboarding"
)

// Relationships is what inviting and accepting need: relationships, and all that a decision about one is made from.
type Relationships struct{ t *Table }

// NewRelationships makes Relationships of the table.
func NewRelationships(t *Table) Relationships { return Relationships{t} }

var _ onboarding.Store = Relationships{}

// Client reads one relationship.
func (r Relationships) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return r.t.client(ctx, agency, ref, fresh)
}

// Snapshot reads what a decision needs, as it is now.
func (r Relationships) Snapshot(ctx context.Context, agency id.Agency, want onboarding.Query) (*onboarding.Snapshot, error) {
	return r.t.snapshot(ctx, agency, want)
}

// Mails reads the logs of mails that were caused, as they are now.
func (r Relationships) Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error) {
	return r.t.mails(ctx, keys)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (r Relationships) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return r.t.commit(ctx, agency, change)
}

// Answers is what answering an invitation needs: what inviting does, and limits, since nobody has signed in there.
type Answers struct{ t *Table }

// NewAnswers makes Answers of the table.
func NewAnswers(t *Table) Answers { return Answers{t} }

var _ onboarding.AnswerStore = Answers{}

// Client reads one relationship.
func (a Answers) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return a.t.client(ctx, agency, ref, fresh)
}

// Snapshot reads what a decision needs, as it is now.
func (a Answers) Snapshot(ctx context.Context, agency id.Agency, want onboarding.Query) (*onboarding.Snapshot, error) {
	return a.t.snapshot(ctx, agency, want)
}

// Mails reads the logs of mails that were caused, as they are now.
func (a Answers) Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error) {
	return a.t.mails(ctx, keys)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (a Answers) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return a.t.commit(ctx, agency, change)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (a Answers) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return a.t.allow(ctx, name, most, window, now)
}

// Waiting is what telling people needs which invitations wait for them.
type Waiting struct{ t *Table }

// NewWaiting makes Waiting of the table.
func NewWaiting(t *Table) Waiting { return Waiting{t} }

var _ onboarding.WaitingStore = Waiting{}

// Client reads one relationship.
func (w Waiting) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return w.t.client(ctx, agency, ref, fresh)
}

// Snapshot reads what a decision needs, as it is now.
func (w Waiting) Snapshot(ctx context.Context, agency id.Agency, want onboarding.Query) (*onboarding.Snapshot, error) {
	return w.t.snapshot(ctx, agency, want)
}

// Waiting lists agencies that have invited the person's address.
func (w Waiting) Waiting(ctx context.Context, user id.User, most int) ([]id.Agency, error) {
	return w.t.waiting(ctx, user, most)
}

// Previews is what showing a portal before the invite needs.
type Previews struct{ t *Table }

// NewPreviews makes Previews of the table.
func NewPreviews(t *Table) Previews { return Previews{t} }

var _ onboarding.PreviewStore = Previews{}

// Snapshot reads what a decision needs, as it is now.
func (p Previews) Snapshot(ctx context.Context, agency id.Agency, want onboarding.Query) (*onboarding.Snapshot, error) {
	return p.t.snapshot(ctx, agency, want)
}

// Invites is what reading an invite needs.
type Invites struct{ t *Table }

// NewInvites makes Invites of the table.
func NewInvites(t *Table) Invites { return Invites{t} }

var _ onboarding.InviteStore = Invites{}

// Client reads one relationship.
func (i Invites) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return i.t.client(ctx, agency, ref, fresh)
}
