// Command portal-billing serves /v1/portal/billing: opening a client's card and invoices.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.PortalBilling) }
