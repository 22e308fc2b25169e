// Command connect-service connects a service to an agency.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/connection"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/n8n"
	"latchkey.dev/shared/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		connector := &connection.Connector{Store: table, Open: n8n.Allowed(env), Now: env.Now}
		return api.ConnectService(door, connector).Function(env.Origin("ORIGIN")), nil
	})
}
