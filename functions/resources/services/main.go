// Command services serves /v1/services: an agency's services, listing and connecting them.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Services) }
