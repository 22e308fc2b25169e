// Command sender-domain-smtp-test serves /v1/sender-domains/{domainId}/smtp/test: a test mail through an agency's own mail server.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SenderDomainSMTPTest) }
