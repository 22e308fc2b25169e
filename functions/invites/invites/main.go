// Command invites serves /v1/invites: an agency's invites, listing and sending them.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Invites) }
