// Command batch serves /v1/batches/{batchId}: what became of many invites, and the end of those that wait.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Batch) }
