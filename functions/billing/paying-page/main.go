// Command paying-page serves /checkout/waiting: the page that waits for a payment.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.PayingPage) }
