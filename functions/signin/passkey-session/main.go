// Command passkey-session serves /v1/sessions/passkey: signing in with a passkey.
package main

import "latchkey.dev/shared/wire/passkeys"

func main() { passkeys.Start(passkeys.Functions.PasskeySession) }
