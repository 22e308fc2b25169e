// Command record-delivery takes the delivery queue's messages: each is what SES reports about a mail.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.RecordDelivery) }
