// Command step-up-passkey-options serves /v1/sessions/current/step-up-passkey-options: beginning to prove with a passkey that it is you.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.StepUpPasskeyOptions) }
