// Command client-payer-agree serves /v1/clients/{clientId}/payer-change/agree: agreeing to pay, or that the client pays.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ClientPayerAgree) }
