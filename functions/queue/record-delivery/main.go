// Command record-delivery records what SES reports about mails.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ses"
	"latchkey.dev/shared/usecase/delivery"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		feedback := &delivery.Feedback{Store: table, Now: env.Now}
		return event.Queue("recordDelivery", event.Body(ses.Recorder(feedback))), nil
	})
}
