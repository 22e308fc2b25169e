// Command domain-records serves /v1/records/{token}: the records that a link shows.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.DomainRecords) }
