// Command portal-billing serves /v1/portal/billing: opening a client's card and invoices.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalBilling) }
