package workers

import "latchkey.dev/shared/adapter/event"

// Watch runs on a schedule and calls the connected instances.
func (f Functions) Watch() event.Function {
	return event.Schedule("watch", f.p.Watch().Run)
}
