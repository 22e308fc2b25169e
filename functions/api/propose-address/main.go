// Command propose-address tells an agency that an invitation belongs to another address.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/onboarding"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		reception := &onboarding.Reception{Store: table, Now: env.Now}
		return api.ProposeAddress(reception).Function(env.Origin("ORIGIN")), nil
	})
}
