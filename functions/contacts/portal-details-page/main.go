// Command portal-details-page serves /portal/details: the page where clients see what is about them.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.PortalDetailsPage) }
