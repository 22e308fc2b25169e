// Command home-page serves /: it leads callers to the page that is theirs.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.HomePage) }
