// Command client serves /v1/clients/{clientId}: one client, renaming and removing it.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Client) }
