// Command portal-contract serves /v1/portal/contract: a client's contract.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalContract) }
