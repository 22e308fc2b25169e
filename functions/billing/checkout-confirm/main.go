// Command checkout-confirm serves /v1/portal/checkout/confirm: looking whether a payment has come.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.CheckoutConfirm) }
