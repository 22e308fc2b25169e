// Command webhook-test sends a test event.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.WebhookTest) }
