// Command batch-export serves /v1/batches/{batchId}/export: the verdicts of many invites as a file.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.BatchExport) }
