// Command portal-entry serves /v1/portal/instances/{instanceId}/sign-in: an account in an n8n that the client has bought.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalEntry) }
