// Command resend-invite mails an invite again.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		mail := sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL"))
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		inviter := &onboarding.Inviter{Store: table, Queue: mail, Now: env.Now}
		return api.ResendInvite(door, inviter).Function(env.Origin("ORIGIN")), nil
	})
}
