// Command my-data serves /v1/me/export: all that is kept of the caller.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.MyData) }
