// Command sender-domain serves /v1/sender-domains/{domainId}: one sender domain.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SenderDomain) }
