// Command asset serves /assets/{file}: style sheets, scripts and pictures.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Asset) }
