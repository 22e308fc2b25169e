package workers

import (
	"latchkey.dev/shared/adapter/event"
)

// SenderCheck works on the queue of sender domains that have to be looked at.
func (f Functions) SenderCheck() event.Function {
	return event.Queue("senderCheck", event.Body(f.p.SenderChecker().Handle))
}
