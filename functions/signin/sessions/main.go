// Command sessions serves /v1/sessions: signing in with a mailed code, and signing out on every device.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Sessions) }
