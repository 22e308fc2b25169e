// Command session serves /v1/sessions/current: who is signed in, and signing out.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Session) }
