// Command portal-payer-decline serves /v1/portal/payer-change/decline: turning down what the agency proposes.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalPayerDecline) }
