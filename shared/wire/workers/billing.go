package workers

import (
	"latchkey.dev/shared/adapter/event"
)

// Bill works on the billing queue.
func (f Functions) Bill() event.Function {
	return event.Queue("bill", event.Body(f.p.BillingWorker().Handle))
}

// Reconcile runs on a schedule.
func (f Functions) Reconcile() event.Function {
	return event.Schedule("reconcile", f.p.Reconciler().Reconcile)
}
