// Command invite-resend serves /v1/invites/{inviteId}/resend: mailing an invite again.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.InviteResend) }
