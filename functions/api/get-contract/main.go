// Command get-contract shows an invite's contract.
package main

import (
	"latchkey.dev/shared/api"
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
		inviter := &onboarding.Inviter{Store: table, Now: env.Now}
		return api.GetContract(door, inviter).Function(""), nil
	})
}
