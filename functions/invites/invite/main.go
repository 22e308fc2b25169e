// Command invite serves /v1/invites/{inviteId}: one invite.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Invite) }
