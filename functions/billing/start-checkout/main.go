// Command start-checkout serves /checkout/start: the form that leads a client to the payment page.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.StartCheckout) }
