// Command stripe-webhook serves /stripe/webhook: what Stripe tells.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.StripeWebhook) }
