// Command logo serves /logos/{agencyId}/{file}: agencies' logos.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.Logo) }
