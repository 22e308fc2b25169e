// Command activity serves /v1/activity: an agency's activity log.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Activity) }
