// Command portal-payer-agree serves /v1/portal/payer-change/agree: agreeing to pay, or that the agency pays.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalPayerAgree) }
