// Command account-page serves /account: a person's own page, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.AccountPage) }
