// Command api-key serves /v1/api-keys/{keyId}: revoking an API key.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.APIKey) }
