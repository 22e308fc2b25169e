// Command sender-domain-smtp serves /v1/sender-domains/{domainId}/smtp: an agency's own mail server.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SenderDomainSMTP) }
