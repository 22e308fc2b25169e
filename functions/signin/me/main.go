// Command me serves /v1/me: erasing the caller's own data.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Me) }
