// Command invite-cancel serves /v1/invites/{inviteId}/cancel: cancelling an invite.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.InviteCancel) }
