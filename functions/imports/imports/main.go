// Command imports serves /v1/imports: what would become of the rows of a file.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Imports) }
