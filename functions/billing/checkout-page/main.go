// Command checkout-page serves /checkout: the page about what a client is asked to buy.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.CheckoutPage) }
