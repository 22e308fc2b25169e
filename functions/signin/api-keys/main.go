// Command api-keys serves /v1/api-keys: an agency's API keys, listing and making them.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.APIKeys) }
