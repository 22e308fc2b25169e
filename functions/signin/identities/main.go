// Command identities serves /v1/me/identities: the accounts at providers that sign one in.
package main

import "latchkey.dev/shared/wire/providers"

func main() { providers.Start(providers.Functions.Identities) }
