// Command open-billing serves /portal/billing: the form that leads a client to its card and invoices.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.OpenBilling) }
