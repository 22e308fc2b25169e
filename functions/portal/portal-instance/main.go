// Command portal-instance serves /v1/portal/instances/{instanceId}: one of a client's n8n instances with its workflows.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalInstance) }
