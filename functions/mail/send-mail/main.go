// Command send-mail takes the mail queue's messages: each is a mail to send.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.SendMail) }
