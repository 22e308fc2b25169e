// Command branding serves /v1/agency/branding: changing how an agency looks.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Branding) }
