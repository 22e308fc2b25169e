// Command step-up serves /v1/sessions/current/step-up: proving again that it is you.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.StepUp) }
