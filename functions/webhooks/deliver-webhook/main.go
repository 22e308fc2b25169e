// Command deliver-webhook takes the webhook queue's messages: each is an event on its way to a program.
package main

import "latchkey.dev/shared/wire/hooks"

func main() { hooks.Start(hooks.Functions.DeliverWebhook) }
