// Command change-access-form changes what is open to a client.
package main

import (
	"latchkey.dev/shared/care"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/onboarding"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/web"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		directory := &onboarding.Directory{Store: table, Now: env.Now}
		keeper := &care.Keeper{Store: table, Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.ChangeAccessForm(site, door, directory, keeper).Function(), nil
	})
}
