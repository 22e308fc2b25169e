// Command asset serves /assets/{file}: style sheets, scripts and pictures.
package main

import "latchkey.dev/shared/wire/bare"

func main() { bare.Start(bare.Functions.Asset) }
