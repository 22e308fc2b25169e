// Command sign-up-agency makes an agency.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/ssm"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		key := ssm.Secret(env, "SECRET_PARAMETER")
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		codes := &signin.Codes{Store: table, Key: key, Now: env.Now}
		agencies := &signin.Agencies{Store: table, Now: env.Now}
		return api.SignUpAgency(door, codes, agencies).Function(env.Origin("ORIGIN")), nil
	})
}
