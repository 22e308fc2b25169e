// Command erase-me forgets the caller.
package main

import (
	"latchkey.dev/shared/account"
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/office"
	"latchkey.dev/shared/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		staff := &office.Office{Store: table, Now: env.Now}
		me := &account.Account{Store: table, Now: env.Now, MayResign: staff.MayResign, Resign: staff.Resign}
		return api.EraseMe(door, me).Function(env.Origin("ORIGIN")), nil
	})
}
