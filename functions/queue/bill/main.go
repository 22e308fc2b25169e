// Command bill looks at payments when something has happened to them.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/wire"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		till, set := stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER")), wire.Settings(env)
		plans := &billing.Plans{Store: table, Till: till, Settings: set, Now: env.Now}
		cashier := &billing.Cashier{Store: table, Till: till, Provision: sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL")), Settings: set, Now: env.Now}
		clerk := &billing.Clerk{Cashier: cashier, Plans: plans, Now: env.Now}
		return event.Queue("bill", event.Body(clerk.Handle)), nil
	})
}
