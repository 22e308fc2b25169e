// Command sender-domain-enable serves /v1/sender-domains/{domainId}/enable: switching a sender domain on.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SenderDomainEnable) }
