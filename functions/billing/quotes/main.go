// Command quotes serves /v1/quotes: pricing an order.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Quotes) }
