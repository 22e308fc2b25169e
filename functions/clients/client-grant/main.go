// Command client-grant serves /v1/clients/{clientId}/grants/{resourceId}: granting and revoking a client's access to a resource.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ClientGrant) }
