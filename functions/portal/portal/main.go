// Command portal serves /v1/portal: a client's portal.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Portal) }
