// Command instance-check serves /v1/instances/{instanceId}/check: calling an n8n instance now.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.InstanceCheck) }
