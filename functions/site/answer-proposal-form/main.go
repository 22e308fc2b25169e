// Command answer-proposal-form answers an invitee who asks for another address.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		directory := &onboarding.Directory{Store: table, Now: env.Now}
		till := &billing.Closer{Till: stripe.CloseOnly(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER"))}
		inviter := &onboarding.Inviter{Store: table, Till: till, Queue: sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL")), Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.AnswerProposalForm(site, door, directory, inviter).Function(), nil
	})
}
