// Command me serves /v1/me: erasing the caller's own data.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Me) }
