// Command stripe-webhook serves /stripe/webhook: what Stripe tells.
package main

import "latchkey.dev/shared/wire/intake"

func main() { intake.Start(intake.Functions.StripeWebhook) }
