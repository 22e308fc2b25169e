// Command sender-domain-disable serves /v1/sender-domains/{domainId}/disable: switching a sender domain off.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SenderDomainDisable) }
