// Command batches serves /v1/batches: an agency invites many at once.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Batches) }
