// Command instance-page serves /instances/{instanceId}: an agency's page about one n8n instance, and its forms.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.InstancePage) }
