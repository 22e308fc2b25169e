// Command logo serves /logos/{agencyId}/{file}: agencies' logos.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Logo) }
