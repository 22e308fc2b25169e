// Command agencies serves /v1/agencies: signing an agency up.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Agencies) }
