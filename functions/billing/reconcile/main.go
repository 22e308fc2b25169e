// Command reconcile runs every quarter of an hour: it reads the prices, and finds payments that no message told of.
package main

import "latchkey.dev/shared/wire/workers"

func main() { workers.Start(workers.Functions.Reconcile) }
