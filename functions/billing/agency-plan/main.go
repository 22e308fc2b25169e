// Command agency-plan serves /v1/agency/plan: opening the checkout of the plan Max.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.AgencyPlan) }
