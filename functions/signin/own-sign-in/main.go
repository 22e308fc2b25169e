// Command own-sign-in serves /v1/agency/sign-in: the sign-in provider that an agency has of its own.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.OwnSignIn) }
