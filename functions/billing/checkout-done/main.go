// Command checkout-done serves /checkout/done: where the payment page leads back to.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.CheckoutDone) }
