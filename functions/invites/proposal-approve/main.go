// Command proposal-approve serves /v1/invites/{inviteId}/proposal/approve: inviting the address that an invitee proposes.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ProposalApprove) }
