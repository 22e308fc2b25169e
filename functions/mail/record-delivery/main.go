// Command record-delivery takes the delivery queue's messages: each is what SES reports about a mail.
package main

import "latchkey.dev/shared/wire/mail"

func main() { mail.Start(mail.Functions.RecordDelivery) }
