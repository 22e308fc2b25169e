// Command preview-invite shows what a client would see.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/billing"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/onboarding"
	"latchkey.dev/shared/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		inviter := &onboarding.Inviter{Store: table, Prices: &billing.PriceList{Store: table, Now: env.Now}, Now: env.Now}
		return api.PreviewInvite(door, inviter).Function(env.Origin("ORIGIN")), nil
	})
}
