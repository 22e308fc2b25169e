// Command erase-client forgets a client.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/billing"
	"latchkey.dev/shared/care"
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
		till := &billing.Closer{Till: stripe.CloseOnly(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))}
		keeper := &care.Keeper{Store: table, Till: till, Now: env.Now}
		return api.EraseClient(door, keeper).Function(env.Origin("ORIGIN")), nil
	})
}
