// Command agency serves /v1/agency: the caller's agency, and deleting it.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Agency) }
