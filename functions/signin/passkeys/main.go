// Command passkeys serves /v1/me/passkeys: a person's passkeys, and finishing the creation of one.
package main

import "latchkey.dev/shared/wire/passkeys"

func main() { passkeys.Start(passkeys.Functions.Passkeys) }
