// Command invitation-propose serves /v1/invitations/{token}/propose: telling the agency that an invitation belongs to another address.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.InvitationPropose) }
