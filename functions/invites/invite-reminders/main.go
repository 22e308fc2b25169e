// Command invite-reminders serves /v1/invites/{inviteId}/reminders: whether an invite's recipient is reminded of it.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InviteReminders) }
