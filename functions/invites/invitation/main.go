// Command invitation serves /v1/invitations/{token}: what an invite's link opens.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Invitation) }
