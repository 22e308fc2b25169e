package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/imports"
)

// Batches is what sending many invites at once needs.
type Batches struct{ t *Table }

// NewBatches makes Batches of the table.
func NewBatches(t *Table) Batches { return Batches{t} }

var _ imports.FileStore = Batches{}

// Batch reads a batch with its lines, as it is now.
func (b Batches) Batch(ctx context.Context, agency id.Agency, which id.Batch) (*batch.Batch, error) {
	return b.t.batch(ctx, agency, which)
}

// Snapshot reads what lines are judged by, as it is now.
func (b Batches) Snapshot(ctx context.Context, agency id.Agency, q imports.Query) (*imports.Snapshot, error) {
	return b.t.bulk(ctx, agency, q)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (b Batches) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return b.t.commit(ctx, agency, change)
}

// AddBatch writes a batch that is not there yet.
func (b Batches) AddBatch(ctx context.Context, x *batch.Batch, once *idempotency.Record) error {
	return b.t.addBatch(ctx, x, once)
}

// SaveBatch writes a batch while the stored version is the one that was read.
func (b Batches) SaveBatch(ctx context.Context, x *batch.Batch) error { return b.t.saveBatch(ctx, x) }

// DropBatch deletes a batch with its lines.
func (b Batches) DropBatch(ctx context.Context, x *batch.Batch) error { return b.t.dropBatch(ctx, x) }

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too often.
func (b Batches) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return b.t.allow(ctx, name, most, window, now)
}

// AllRoles lists the agency's roles.
func (b Batches) AllRoles(ctx context.Context, agency id.Agency) ([]role.Role, error) {
	return b.t.roles(ctx, agency)
}

// Lines is what reading batches needs.
type Lines struct{ t *Table }

// NewLines makes Lines of the table.
func NewLines(t *Table) Lines { return Lines{t} }

var _ imports.BatchStore = Lines{}

// Batch reads a batch with its lines, as it is now.
func (l Lines) Batch(ctx context.Context, agency id.Agency, which id.Batch) (*batch.Batch, error) {
	return l.t.batch(ctx, agency, which)
}

// Batches reads batches that were sent, without their lines.
func (l Lines) Batches(ctx context.Context, agency id.Agency, q imports.ListQuery) ([]batch.Batch, id.Batch, error) {
	return l.t.batches(ctx, agency, q)
}

// Snapshot reads what lines are judged by, as it is now.
func (l Lines) Snapshot(ctx context.Context, agency id.Agency, q imports.Query) (*imports.Snapshot, error) {
	return l.t.bulk(ctx, agency, q)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (l Lines) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return l.t.commit(ctx, agency, change)
}

// SaveBatch writes a batch while the stored version is the one that was read.
func (l Lines) SaveBatch(ctx context.Context, x *batch.Batch) error { return l.t.saveBatch(ctx, x) }
