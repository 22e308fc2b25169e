// Command sender-domain-check serves /v1/sender-domains/{domainId}/check: looking at a sender domain's records now.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SenderDomainCheck) }
