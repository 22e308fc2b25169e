// Command clients serves /v1/clients: an agency's clients.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Clients) }
