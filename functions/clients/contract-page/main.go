// Command contract-page serves /clients/{clientId}/contract: an agency's page about what a client buys.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ContractPage) }
