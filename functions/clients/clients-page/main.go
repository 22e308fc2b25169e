// Command clients-page serves /clients: an agency's page about its clients, and the forms that invite one.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ClientsPage) }
