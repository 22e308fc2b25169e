// Command webhook-deliveries lists what was sent to an endpoint.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.WebhookDeliveries) }
