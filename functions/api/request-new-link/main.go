// Command request-new-link asks an agency to send an expired invitation again.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/onboarding"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		reception := &onboarding.Reception{Store: table, Now: env.Now}
		return api.RequestNewLink(reception).Function(env.Origin("ORIGIN")), nil
	})
}
