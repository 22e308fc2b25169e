// Command start-upgrade-form leads an owner to the payment service.
package main

import (
	"latchkey.dev/shared/billing"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/ssm"
	"latchkey.dev/shared/stripe"
	"latchkey.dev/shared/web"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		till, set := stripe.Till(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER")), billing.Told(env)
		prices := &billing.PriceList{Store: table, Now: env.Now}
		plans := &billing.Plans{Store: table, Till: till, Prices: prices, Settings: set, Now: env.Now}
		return web.StartUpgradeForm(env.Origin("ORIGIN"), door, plans).Function(), nil
	})
}
