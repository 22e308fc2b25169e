// Command step-up-passkey serves /v1/sessions/current/step-up-passkey: proving again with a passkey that it is you.
package main

import "latchkey.dev/shared/wire/passkeys"

func main() { passkeys.Start(passkeys.Functions.StepUpPasskey) }
