// Command resend-invite-form mails an invite again.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		mail := sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL"))
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		directory := &onboarding.Directory{Store: table, Now: env.Now}
		inviter := &onboarding.Inviter{Store: table, Queue: mail, Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.ResendInviteForm(site, door, directory, inviter).Function(), nil
	})
}
