// Command passkey serves /v1/me/passkeys/{passkeyId}: a name for a passkey, and the end of one.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Passkey) }
