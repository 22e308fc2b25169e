// Command share-link-disable serves /v1/share-links/{linkId}/disable: a link that ends.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ShareLinkDisable) }
