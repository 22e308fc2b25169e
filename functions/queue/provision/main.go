// Command provision makes what was paid for, and takes care of it, a step at a time.
package main

import (
	"latchkey.dev/shared/adapter/cloudformation"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/provisioning"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		jobs, mail := sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL")), sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL"))
		cashier := &billing.Cashier{Store: table, Till: stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER")), Now: env.Now}
		driver, err := cloudformation.From(env, func() (provisioning.Driver, error) {
			return provisionhook.From(env, ssm.Given(env, "PROVISIONER_SECRET_PARAMETER"), nil)
		})
		worker := &provisioning.Worker{Store: table, Driver: driver, Till: cashier, Queue: jobs, Mail: mail, Keys: ssm.Ring(env, "SEAL_PARAMETER"), Now: env.Now}
		return event.Queue("provision", event.Body(worker.Handle)), err
	})
}
