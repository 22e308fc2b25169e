// Command update-instance changes an instance.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/n8n"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/resources"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		keys := ssm.Ring(env, "SEAL_PARAMETER")
		connector := &resources.Connector{Store: table, N8N: n8n.Open(env), Keys: keys, Open: n8n.Allowed(env), Now: env.Now}
		return api.UpdateInstance(door, connector).Function(env.Origin("ORIGIN")), nil
	})
}
