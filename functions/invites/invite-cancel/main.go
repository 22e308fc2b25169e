// Command invite-cancel serves /v1/invites/{inviteId}/cancel: cancelling an invite.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InviteCancel) }
