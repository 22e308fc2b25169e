// Command client-page serves /clients/{clientId}: an agency's page about one client, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ClientPage) }
