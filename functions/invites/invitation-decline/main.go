// Command invitation-decline serves /v1/invitations/{token}/decline: declining an invitation.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.InvitationDecline) }
