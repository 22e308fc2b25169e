// Command portal-page serves /portal: a client's portal.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.PortalPage) }
