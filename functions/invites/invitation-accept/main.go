// Command invitation-accept serves /v1/invitations/{token}/accept: accepting an invitation.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InvitationAccept) }
