// Command passkey-options serves /v1/me/passkeys/options: beginning the creation of a passkey.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PasskeyOptions) }
