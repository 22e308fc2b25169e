// Command portal-payer-page serves /portal/payer: who pays for what a client has, for the client.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.PortalPayerPage) }
