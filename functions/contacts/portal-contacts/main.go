// Command portal-contacts serves /v1/portal/contacts: what an agency has about its client.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalContacts) }
