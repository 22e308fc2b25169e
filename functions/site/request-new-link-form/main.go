// Command request-new-link-form asks an agency to send an expired invitation again.
package main

import (
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/onboarding"
	"latchkey.dev/shared/web"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		reception := &onboarding.Reception{Store: table, Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.RequestNewLinkForm(site, reception).Function(), nil
	})
}
