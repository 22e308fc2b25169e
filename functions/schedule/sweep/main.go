// Command sweep finds what is overdue and has somebody look after it.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/usecase/sweep"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		mail := sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL"))
		jobs := sqs.Open(env.AWS("sqs"), env.String("BILLING_QUEUE_URL"))
		sweeper := &sweep.Sweep{Store: table, Queue: mail, Billing: jobs, Provision: sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL")), Now: env.Now, Note: event.Annotate}
		return event.Schedule("sweep", sweeper.Run), nil
	})
}
