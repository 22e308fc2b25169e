// Command agency serves /v1/agency: the caller's agency, and deleting it.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Agency) }
