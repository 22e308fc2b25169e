// Command sign-in-page serves /sign-in: the page that asks for an address and then for the mailed code, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.SignInPage) }
