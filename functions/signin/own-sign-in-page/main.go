// Command own-sign-in-page serves /settings/sign-in: an agency's page about its own sign-in provider, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.OwnSignInPage) }
