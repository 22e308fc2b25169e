// Command invite-contract serves /v1/invites/{inviteId}/contract: an invite's contract.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InviteContract) }
