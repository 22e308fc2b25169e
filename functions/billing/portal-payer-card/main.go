// Command portal-payer-card serves /portal/payer/card: the form that leads a client that is to pay to where it gives a card.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.PortalPayerCard) }
