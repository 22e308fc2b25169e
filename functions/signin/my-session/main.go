// Command my-session serves /v1/sessions/{sessionId}: signing out on one device.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.MySession) }
