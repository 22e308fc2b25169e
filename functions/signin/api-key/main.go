// Command api-key serves /v1/api-keys/{keyId}: revoking an API key.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.APIKey) }
