// Command sender-check takes the senders' queue's messages: each is a sender domain to look at.
package main

import "latchkey.dev/shared/wire/workers"

func main() { workers.Start(workers.Functions.SenderCheck) }
