// Command sender-domain-records serves /v1/sender-domains/{domainId}/records: handing a domain's records to whoever runs its DNS.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.SenderDomainRecords) }
