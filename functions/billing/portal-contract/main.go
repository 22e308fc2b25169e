// Command portal-contract serves /v1/portal/contract: a client's contract.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.PortalContract) }
