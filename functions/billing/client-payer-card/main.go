// Command client-payer-card serves /clients/{clientId}/payer/card: the form that leads an agency that is to pay to where it gives a card.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ClientPayerCard) }
