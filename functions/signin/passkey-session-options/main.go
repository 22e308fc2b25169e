// Command passkey-session-options serves /v1/sessions/passkey-options: beginning to sign in with a passkey.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PasskeySessionOptions) }
