// Command agency-logo serves /v1/agency/logo: putting an agency's logo.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.AgencyLogo) }
