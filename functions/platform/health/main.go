// Command health serves /v1/health: that the API is up.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Health) }
