// Command check-instance-form calls an instance now.
package main

import (
	"latchkey.dev/shared/connection"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/n8n"
	"latchkey.dev/shared/onboarding"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/ssm"
	"latchkey.dev/shared/web"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		keys := ssm.Ring(env, "SEAL_PARAMETER")
		connector := &connection.Connector{Store: table, N8N: n8n.Open(env), Keys: keys, Open: n8n.Allowed(env), Now: env.Now}
		directory := &onboarding.Directory{Store: table, Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.CheckInstanceForm(site, door, directory, connector).Function(), nil
	})
}
