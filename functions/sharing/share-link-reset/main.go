// Command share-link-reset serves /v1/share-links/{linkId}/reset: a link that is made anew.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ShareLinkReset) }
