// Command invitation-accept serves /v1/invitations/{token}/accept: accepting an invitation.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.InvitationAccept) }
