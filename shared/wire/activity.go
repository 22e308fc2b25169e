package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/activity"
)

// ActivityLog reads the audit log.
func (p *Parts) ActivityLog() *activity.Log {
	return &activity.Log{Store: dynamo.NewActivity(p.Table())}
}
