// Command sandbox serves /v1/sandbox: a client that does not exist, for an agency to try.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Sandbox) }
