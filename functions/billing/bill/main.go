// Command bill takes the billing queue's messages: each is a payment to look at, since something has happened to it.
package main

import "latchkey.dev/shared/wire/workers"

func main() { workers.Start(workers.Functions.Bill) }
