// Command links-page serves /client-portal/links: the page of links.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.LinksPage) }
