// Command checkout-done serves /checkout/done: where the payment page leads back to.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.CheckoutDone) }
