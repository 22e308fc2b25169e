// Command sign-in-page serves /sign-in: the page that asks for an address and then for the mailed code, and its forms.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.SignInPage) }
