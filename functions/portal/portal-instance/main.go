// Command portal-instance serves /v1/portal/instances/{instanceId}: one of a client's n8n instances with its workflows.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.PortalInstance) }
