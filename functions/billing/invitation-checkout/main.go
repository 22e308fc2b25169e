// Command invitation-checkout serves /v1/invitations/{token}/checkout: opening an invitation's checkout.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.InvitationCheckout) }
