// Command sessions serves /v1/sessions: signing in with a mailed code, and signing out on every device.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Sessions) }
