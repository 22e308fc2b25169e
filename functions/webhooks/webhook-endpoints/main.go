// Command webhook-endpoints lists and makes webhook endpoints: /v1/webhook-endpoints.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.WebhookEndpoints) }
