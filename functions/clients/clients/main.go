// Command clients serves /v1/clients: an agency's clients.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Clients) }
