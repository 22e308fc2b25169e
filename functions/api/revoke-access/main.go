// Command revoke-access closes an instance or service to a client.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/care"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		keeper := &care.Keeper{Store: table, Now: env.Now}
		return api.RevokeAccess(door, keeper).Function(env.Origin("ORIGIN")), nil
	})
}
