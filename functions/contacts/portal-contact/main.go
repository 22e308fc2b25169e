// Command portal-contact serves /v1/portal/contacts/{contactId}: one of them, and what the client may change of it.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalContact) }
