// Command get-instance reads an instance and who sees it.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/connection"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		connector := &connection.Connector{Store: table, Now: env.Now}
		return api.GetInstance(door, connector).Function(""), nil
	})
}
