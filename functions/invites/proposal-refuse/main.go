// Command proposal-refuse serves /v1/invites/{inviteId}/proposal/refuse: leaving an invite at its address.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ProposalRefuse) }
