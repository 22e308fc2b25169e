// Command member serves /v1/members/{memberId}: changing and removing a member.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Member) }
