// Command sender-domains serves /v1/sender-domains: an agency's sender domains.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SenderDomains) }
