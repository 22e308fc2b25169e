// Command portal-payer serves /v1/portal/payer-change: who pays for what the client has, for clients.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalPayer) }
