// Command portal-page serves /portal: a client's portal.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.PortalPage) }
