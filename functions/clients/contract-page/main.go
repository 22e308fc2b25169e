// Command contract-page serves /clients/{clientId}/contract: an agency's page about what a client buys.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.ContractPage) }
