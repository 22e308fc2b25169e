// Command portal-contract-page serves /portal/contract: a client's page about its contract.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.PortalContractPage) }
