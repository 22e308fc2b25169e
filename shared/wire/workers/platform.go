package workers

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/usecase/sweep"
)

// Sweep runs on a schedule and finds what is overdue.
func (f Functions) Sweep() event.Function {
	p := f.p
	s := &sweep.Sweep{Store: dynamo.NewDue(p.Table()), Batches: p.BatchSweep(), Mail: p.MailQueue(), Billing: p.BillingQueue(),
		Provision: p.ProvisionQueue(), Senders: p.SendersQueue(), Now: p.Now, Note: event.Annotate}
	return event.Schedule("sweep", s.Run)
}

// Watch runs on a schedule and calls the connected instances.
func (f Functions) Watch() event.Function {
	return event.Schedule("watch", f.p.Watch().Run)
}
