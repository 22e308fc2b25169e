// Command home serves /v1/home: what needs an agency.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Home) }
