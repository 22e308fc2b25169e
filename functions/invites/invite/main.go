// Command invite serves /v1/invites/{inviteId}: one invite.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Invite) }
