// Command reconcile reads the prices, and finds payments that nobody told of.
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
		jobs := sqs.Open(env.AWS("sqs"), env.String("BILLING_QUEUE_URL"))
		till, set := stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER")), wire.Settings(env)
		cashier := &billing.Cashier{Store: table, Till: till, Settings: set, Now: env.Now}
		clerk := &billing.Clerk{Cashier: cashier, Queue: jobs, Tariff: table, Now: env.Now}
		return event.Schedule("reconcile", clerk.Reconcile), nil
	})
}
