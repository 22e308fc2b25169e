package workers

import (
	"latchkey.dev/shared/adapter/event"
)

// WebhookSweep runs on a schedule and brings events on their way.
func (f Functions) WebhookSweep() event.Function {
	return event.Schedule("webhookSweep", f.p.WebhookSweep().Run)
}
