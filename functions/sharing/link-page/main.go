// Command link-page serves /client-portal/links/{linkId}: the page of one link.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.LinkPage) }
