// Command user-page serves /client-portal/users/{clientId}: the card of an external user, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.UserPage) }
