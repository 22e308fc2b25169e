// Command client serves /v1/clients/{clientId}: one client, renaming and removing it.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Client) }
