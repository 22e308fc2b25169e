// Command portal-leave serves /v1/portal/leave: ending the caller's relationship with an agency.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.PortalLeave) }
