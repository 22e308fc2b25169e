// Command provision makes what was paid for, and takes care of it, a step at a time.
package main

import (
	"latchkey.dev/shared/billing"
	"latchkey.dev/shared/cloudformation"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/provisioner"
	"latchkey.dev/shared/provisioning"
	"latchkey.dev/shared/sqs"
	"latchkey.dev/shared/ssm"
	"latchkey.dev/shared/stripe"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		jobs, mail := sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL")), sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL"))
		cashier := &billing.Cashier{Store: table, Till: stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER")), Now: env.Now}
		driver, err := cloudformation.From(env, func() (provisioning.Driver, error) {
			return provisioner.From(env, ssm.Given(env, "PROVISIONER_SECRET_PARAMETER"), nil)
		})
		worker := &provisioning.Worker{Store: table, Driver: driver, Till: cashier, Queue: jobs, Mail: mail, Keys: ssm.Ring(env, "SEAL_PARAMETER"), Now: env.Now}
		return event.Queue("provision", event.Body(worker.Handle)), err
	})
}
