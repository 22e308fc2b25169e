// Command docs-page serves /docs: the API as people read it.
package main

import "latchkey.dev/shared/wire/site"

func main() { site.Start(site.Functions.DocsPage) }
