// Command approve-proposal invites the address that an invitee asks for.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/billing"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/onboarding"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/sqs"
	"latchkey.dev/shared/ssm"
	"latchkey.dev/shared/stripe"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		till := &billing.Closer{Till: stripe.CloseOnly(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))}
		inviter := &onboarding.Inviter{Store: table, Till: till, Queue: sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL")), Now: env.Now}
		return api.ApproveProposal(door, inviter).Function(env.Origin("ORIGIN")), nil
	})
}
