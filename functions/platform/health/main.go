// Command health serves /v1/health: that the API is up.
package main

import "latchkey.dev/shared/wire/health"

func main() { health.Start(health.Functions.Health) }
