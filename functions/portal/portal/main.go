// Command portal serves /v1/portal: a client's portal.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Portal) }
