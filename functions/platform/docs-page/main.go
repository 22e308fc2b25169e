// Command docs-page serves /docs: the API as people read it.
package main

import "latchkey.dev/shared/wire/bare"

func main() { bare.Start(bare.Functions.DocsPage) }
