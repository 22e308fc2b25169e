// Command upgrade-page serves /upgrade: the page about the plan Max.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.UpgradePage) }
