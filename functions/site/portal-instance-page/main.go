// Command portal-instance-page shows a client one of its n8n instances.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/n8n"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		instances := &portal.Instances{Store: table, N8N: n8n.Open(env), Keys: ssm.Ring(env, "SEAL_PARAMETER"), Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.PortalInstancePage(site, door, instances).Function(), nil
	})
}
