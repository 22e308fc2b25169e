// Command accept-invitation-form makes the invited person a client.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		key := ssm.Secret(env, "SECRET_PARAMETER")
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		reception := &onboarding.Reception{Store: table, Now: env.Now}
		codes := &signin.Codes{Store: table, Key: key, Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.AcceptInvitationForm(site, door, reception, codes).Function(), nil
	})
}
