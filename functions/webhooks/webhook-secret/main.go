// Command webhook-secret makes another secret for a webhook endpoint.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.WebhookSecret) }
