// Command members serves /v1/members: an agency's members, listing and adding them.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Members) }
