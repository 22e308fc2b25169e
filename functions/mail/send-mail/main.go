// Command send-mail takes the mail queue's messages: each is a mail to send.
package main

import "latchkey.dev/shared/wire/mail"

func main() { mail.Start(mail.Functions.SendMail) }
