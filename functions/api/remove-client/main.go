// Command remove-client ends the relationship with a client.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		directory := &onboarding.Directory{Store: table, Now: env.Now}
		till := &billing.Closer{Till: stripe.CloseOnly(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))}
		keeper := &clients.Keeper{Store: table, Till: till, Now: env.Now}
		return api.RemoveClient(door, directory, keeper).Function(env.Origin("ORIGIN")), nil
	})
}
