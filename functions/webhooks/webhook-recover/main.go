// Command webhook-recover sends events that have not reached an endpoint.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.WebhookRecover) }
