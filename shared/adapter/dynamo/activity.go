package dynamo

import (
	"context"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/activity"
)

// Activity is what reading the audit log needs.
type Activity struct{ t *Table }

// NewActivity makes Activity of the table.
func NewActivity(t *Table) Activity { return Activity{t} }

var _ activity.Store = Activity{}

// Log reads rows of the agency's audit log, newest first.
func (a Activity) Log(ctx context.Context, agency id.Agency, q activity.Query) ([]audit.Entry, id.Event, error) {
	return a.t.log(ctx, agency, q)
}

// Names gives the present names of what the ids stand for; what is gone is left out.
func (a Activity) Names(ctx context.Context, agency id.Agency, ids []string) (map[string]string, error) {
	return a.t.names(ctx, agency, ids)
}
