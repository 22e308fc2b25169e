// Command my-data serves /v1/me/export: all that is kept of the caller.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.MyData) }
