// Command sender-domain-test serves /v1/sender-domains/{domainId}/test: a test mail from a sender domain.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SenderDomainTest) }
