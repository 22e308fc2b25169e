// Command portal-contract-page serves /portal/contract: a client's page about its contract.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.PortalContractPage) }
