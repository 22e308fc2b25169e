// Command marketplace-page serves /marketplace: where Client Portal is installed and taken away, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.MarketplacePage) }
