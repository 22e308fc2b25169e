// Command bill takes the billing queue's messages: each is a payment to look at, since something has happened to it.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Bill) }
