// Command sender-control takes the identities' queue's messages: each is a call of the mail service about a domain.
package main

import "latchkey.dev/shared/wire/identities"

func main() { identities.Start(identities.Functions.SenderControl) }
