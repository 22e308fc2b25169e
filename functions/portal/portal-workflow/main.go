// Command portal-workflow serves /v1/portal/instances/{instanceId}/workflows/{workflowId}: switching a workflow on or off.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalWorkflow) }
