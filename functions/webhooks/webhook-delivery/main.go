// Command webhook-delivery shows one delivery.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.WebhookDelivery) }
