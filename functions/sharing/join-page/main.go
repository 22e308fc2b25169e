// Command join-page serves /join/{token}: the page that a link opens by which people join, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.JoinPage) }
