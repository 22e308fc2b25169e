// Command portal-preview serves /v1/portal-preview: the portal as a client sees it.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalPreview) }
