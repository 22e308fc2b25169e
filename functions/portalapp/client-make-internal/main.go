// Command client-make-internal serves /v1/clients/{clientId}/make-internal: making an external user a member.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ClientMakeInternal) }
