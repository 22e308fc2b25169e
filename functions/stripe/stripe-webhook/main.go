// Command stripe-webhook takes what Stripe tells.
package main

import (
	"strings"

	"latchkey.dev/shared/billing"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/sqs"
	"latchkey.dev/shared/ssm"
	"latchkey.dev/shared/stripe"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		secrets := strings.Split(ssm.Given(env, "STRIPE_WEBHOOK_SECRET_PARAMETER"), ",")
		clerk := &billing.Clerk{Queue: sqs.Open(env.AWS("sqs"), env.String("BILLING_QUEUE_URL")), Now: env.Now}
		return event.HTTP("stripeWebhook", stripe.Receiver(secrets, env.Now, clerk.Listen)), nil
	})
}
