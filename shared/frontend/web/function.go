package web

import "latchkey.dev/shared/adapter/event"

// Function is the page as a Lambda function behind its route.
func (p Page) Function() event.Function { return event.HTTP(p.ID, p) }
