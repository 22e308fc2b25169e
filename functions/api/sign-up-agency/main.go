// Command sign-up-agency makes an agency.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/signin"
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
