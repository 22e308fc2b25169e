// Command retry-provisioning has something set up again.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/provisioning"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/sqs"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		retrier := &provisioning.Retrier{Store: table, Queue: sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL")), Now: env.Now}
		return api.RetryProvisioning(door, retrier).Function(env.Origin("ORIGIN")), nil
	})
}
