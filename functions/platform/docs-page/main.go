// Command docs-page serves /docs: the API as people read it.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.DocsPage) }
