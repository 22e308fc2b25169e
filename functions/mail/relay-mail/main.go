// Command relay-mail takes the relay queue's messages: each is a mail that goes by an agency's own mail server.
package main

import "latchkey.dev/shared/wire/relay"

func main() { relay.Start(relay.Functions.RelayMail) }
