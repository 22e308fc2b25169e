// Command update-logo takes a new logo.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/office"
	"latchkey.dev/shared/picture"
	"latchkey.dev/shared/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		o := &office.Office{Store: table, Picture: picture.Read, Now: env.Now}
		return api.UpdateLogo(door, o).Function(env.Origin("ORIGIN")), nil
	})
}
