// Command invitation-propose serves /v1/invitations/{token}/propose: telling the agency that an invitation belongs to another address.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InvitationPropose) }
