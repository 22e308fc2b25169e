// Command client-payer serves /v1/clients/{clientId}/payer-change: who pays for what a client has.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ClientPayer) }
