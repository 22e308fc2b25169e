// Command quotes serves /v1/quotes: pricing an order.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Quotes) }
