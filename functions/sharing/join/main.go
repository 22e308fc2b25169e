// Command join serves /v1/join/{token}: what a link opens, and joining by it.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Join) }
