// Command sign-in-codes serves /v1/sign-in-codes: having a sign-in code mailed.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SignInCodes) }
