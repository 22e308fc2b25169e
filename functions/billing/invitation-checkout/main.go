// Command invitation-checkout serves /v1/invitations/{token}/checkout: opening an invitation's checkout.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InvitationCheckout) }
