// Command start-plan-upgrade opens the checkout of the plan Max.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/billing"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/ssm"
	"latchkey.dev/shared/stripe"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		till, set := stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER")), billing.Told(env)
		prices := &billing.PriceList{Store: table, Now: env.Now}
		plans := &billing.Plans{Store: table, Till: till, Prices: prices, Settings: set, Now: env.Now}
		return api.StartPlanUpgrade(door, plans).Function(env.Origin("ORIGIN")), nil
	})
}
