// Command agency-billing serves /v1/agency/billing: opening an agency's card and invoices.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.AgencyBilling) }
