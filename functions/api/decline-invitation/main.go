// Command decline-invitation turns an invitation down.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/billing"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/onboarding"
	"latchkey.dev/shared/ssm"
	"latchkey.dev/shared/stripe"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		till := &billing.Closer{Till: stripe.CloseOnly(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))}
		reception := &onboarding.Reception{Store: table, Till: till, Now: env.Now}
		return api.DeclineInvitation(reception).Function(env.Origin("ORIGIN")), nil
	})
}
