// Command webhook-endpoint shows, changes and deletes a webhook endpoint.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.WebhookEndpoint) }
