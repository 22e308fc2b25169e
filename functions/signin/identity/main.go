// Command identity serves /v1/me/identities/{identityId}: disconnecting an account at a provider.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Identity) }
