// Command see-as-page serves /client-portal/see-as: the page that shows what somebody has of the portal, and why.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.SeeAsPage) }
