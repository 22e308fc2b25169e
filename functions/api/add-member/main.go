// Command add-member gives a person a place at an agency.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/office"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/sqs"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		mail := sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL"))
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		o := &office.Office{Store: table, Queue: mail, Now: env.Now}
		return api.AddMember(door, o).Function(env.Origin("ORIGIN")), nil
	})
}
