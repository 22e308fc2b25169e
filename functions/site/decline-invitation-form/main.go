// Command decline-invitation-form turns an invitation down.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/onboarding"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		till := &billing.Closer{Till: stripe.CloseOnly(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))}
		reception := &onboarding.Reception{Store: table, Till: till, Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.DeclineInvitationForm(site, reception).Function(), nil
	})
}
