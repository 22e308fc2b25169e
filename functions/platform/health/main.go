// Command health serves /v1/health: that the API is up.
package main

import "latchkey.dev/shared/wire/bare"

func main() { bare.Start(bare.Functions.Health) }
