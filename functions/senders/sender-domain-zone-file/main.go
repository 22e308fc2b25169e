// Command sender-domain-zone-file serves /v1/sender-domains/{domainId}/zone-file: a domain's records as a zone file.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SenderDomainZoneFile) }
