// Command cancel-invite ends an invite.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		jobs := sqs.Open(env.AWS("sqs"), env.String("BILLING_QUEUE_URL"))
		till := &billing.Closer{Till: stripe.CloseOnly(env, ssm.Given(env, "STRIPE_SECRET_PARAMETER")), Queue: jobs}
		inviter := &onboarding.Inviter{Store: table, Till: till, Now: env.Now}
		return api.CancelInvite(door, inviter).Function(env.Origin("ORIGIN")), nil
	})
}
