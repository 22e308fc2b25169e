// Command invitation-decline serves /v1/invitations/{token}/decline: declining an invitation.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InvitationDecline) }
