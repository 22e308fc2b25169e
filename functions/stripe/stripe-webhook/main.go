// Command stripe-webhook takes what Stripe tells.
package main

import (
	"strings"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/usecase/billing"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		secrets := strings.Split(ssm.Given(env, "STRIPE_WEBHOOK_SECRET_PARAMETER"), ",")
		clerk := &billing.Clerk{Queue: sqs.Open(env.AWS("sqs"), env.String("BILLING_QUEUE_URL")), Now: env.Now}
		return event.HTTP("stripeWebhook", stripe.Receiver(secrets, env.Now, clerk.Listen)), nil
	})
}
