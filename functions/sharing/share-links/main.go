// Command share-links serves /v1/share-links: the links by which people join an agency.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ShareLinks) }
