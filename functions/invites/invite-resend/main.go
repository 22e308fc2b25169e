// Command invite-resend serves /v1/invites/{inviteId}/resend: mailing an invite again.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InviteResend) }
