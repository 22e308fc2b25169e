// Command preview-invite shows what a client would see.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		inviter := &onboarding.Inviter{Store: table, Prices: &billing.PriceList{Store: table, Now: env.Now}, Now: env.Now}
		return api.PreviewInvite(door, inviter).Function(env.Origin("ORIGIN")), nil
	})
}
