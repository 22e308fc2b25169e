// Command portal-workflow serves /v1/portal/instances/{instanceId}/workflows/{workflowId}: switching a workflow on or off.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.PortalWorkflow) }
