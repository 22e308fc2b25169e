// Command start-checkout-form leads to the payment service's page.
package main

import (
	"latchkey.dev/shared/billing"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/sqs"
	"latchkey.dev/shared/ssm"
	"latchkey.dev/shared/stripe"
	"latchkey.dev/shared/web"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		till := stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))
		cashier := &billing.Cashier{Store: table, Till: till, Provision: sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL")), Settings: billing.Told(env), Now: env.Now}
		return web.StartCheckoutForm(env.Origin("ORIGIN"), door, cashier).Function(), nil
	})
}
