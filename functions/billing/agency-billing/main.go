// Command agency-billing serves /v1/agency/billing: opening an agency's card and invoices.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.AgencyBilling) }
