// Command instance serves /v1/instances/{instanceId}: one n8n instance and who sees it, changing and disconnecting it.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Instance) }
