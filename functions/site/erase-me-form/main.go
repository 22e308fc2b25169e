// Command erase-me-form forgets the person.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		staff := &agencies.Office{Store: table, Now: env.Now}
		till := &billing.Closer{Till: stripe.CloseOnly(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))}
		me := &account.Account{Store: table, Till: till, Now: env.Now, MayResign: staff.MayResign, Resign: staff.Resign}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.EraseMeForm(site, door, me).Function(), nil
	})
}
