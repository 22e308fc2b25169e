// Command keys-page serves /settings/keys: an agency's page about its API keys, and its forms.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.KeysPage) }
