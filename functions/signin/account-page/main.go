// Command account-page serves /account: a person's own page, and its forms.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.AccountPage) }
