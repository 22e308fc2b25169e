// Command identities serves /v1/me/identities: the accounts at providers that sign one in.
package main

import "latchkey.dev/shared/wire/connecting"

func main() { connecting.Start(connecting.Functions.Identities) }
