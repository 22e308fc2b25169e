// Command checkout-done is where the payment service leads back to.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		till := stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))
		cashier := &billing.Cashier{Store: table, Till: till, Provision: sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL")), Now: env.Now}
		return web.CheckoutDone(door, cashier).Function(), nil
	})
}
