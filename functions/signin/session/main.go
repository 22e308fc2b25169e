// Command session serves /v1/sessions/current: who is signed in, and signing out.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Session) }
