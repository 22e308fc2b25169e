// Command share-link serves /v1/share-links/{linkId}: one link.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ShareLink) }
