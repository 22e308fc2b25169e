// Command open-billing-portal leads a client to its card and invoices.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/wire"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		till := stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))
		cashier := &billing.Cashier{Store: table, Till: till, Settings: wire.Settings(env), Now: env.Now}
		return api.OpenBillingPortal(door, cashier).Function(env.Origin("ORIGIN")), nil
	})
}
