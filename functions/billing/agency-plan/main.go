// Command agency-plan serves /v1/agency/plan: opening the checkout of the plan Max.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.AgencyPlan) }
