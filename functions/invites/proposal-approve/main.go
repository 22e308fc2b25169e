// Command proposal-approve serves /v1/invites/{inviteId}/proposal/approve: inviting the address that an invitee proposes.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.ProposalApprove) }
