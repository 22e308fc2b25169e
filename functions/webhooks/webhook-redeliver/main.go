// Command webhook-redeliver tries a delivery once more.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.WebhookRedeliver) }
