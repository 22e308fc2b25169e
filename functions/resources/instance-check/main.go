// Command instance-check serves /v1/instances/{instanceId}/check: calling an n8n instance now.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InstanceCheck) }
