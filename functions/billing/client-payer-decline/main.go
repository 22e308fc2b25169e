// Command client-payer-decline serves /v1/clients/{clientId}/payer-change/decline: turning down what the client proposes.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ClientPayerDecline) }
