// Command agencies serves /v1/agencies: signing an agency up.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Agencies) }
