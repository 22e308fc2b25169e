// Command record-delivery records what SES reports about mails.
package main

import (
	"latchkey.dev/shared/delivery"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/ses"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		feedback := &delivery.Feedback{Store: table, Now: env.Now}
		return event.Queue("recordDelivery", event.Body(ses.Recorder(feedback))), nil
	})
}
