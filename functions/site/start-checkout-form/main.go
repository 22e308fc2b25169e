// Command start-checkout-form leads to the payment service's page.
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
	"latchkey.dev/shared/wire"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		till := stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))
		cashier := &billing.Cashier{Store: table, Till: till, Provision: sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL")), Settings: wire.Settings(env), Now: env.Now}
		return web.StartCheckoutForm(env.Origin("ORIGIN"), door, cashier).Function(), nil
	})
}
