// Command instances serves /v1/instances: an agency's n8n instances, listing and connecting them.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Instances) }
