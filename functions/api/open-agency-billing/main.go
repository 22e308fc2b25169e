// Command open-agency-billing leads an owner to the agency's card and invoices.
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
		till, set := stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER")), wire.Settings(env)
		plans := &billing.Plans{Store: table, Till: till, Settings: set, Now: env.Now}
		return api.OpenAgencyBilling(door, plans).Function(env.Origin("ORIGIN")), nil
	})
}
