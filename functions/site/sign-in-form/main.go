// Command sign-in-form signs a person in.
package main

import (
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/ssm"
	"latchkey.dev/shared/web"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		key := ssm.Secret(env, "SECRET_PARAMETER")
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		codes := &signin.Codes{Store: table, Key: key, Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.SignInForm(site, codes).Function(), nil
	})
}
