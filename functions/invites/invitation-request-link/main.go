// Command invitation-request-link serves /v1/invitations/{token}/request-link: asking the agency to send an expired invitation again.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InvitationRequestLink) }
