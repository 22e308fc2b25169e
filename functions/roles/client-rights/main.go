// Command client-rights serves /v1/clients/{clientId}/rights: what a client may see and do, and why.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ClientRights) }
