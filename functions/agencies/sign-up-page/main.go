// Command sign-up-page serves /sign-up: the page that asks what an agency is made from, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.SignUpPage) }
