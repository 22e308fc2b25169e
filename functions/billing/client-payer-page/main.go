// Command client-payer-page serves /clients/{clientId}/payer: who pays for what a client has, for the agency.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ClientPayerPage) }
