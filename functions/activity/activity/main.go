// Command activity serves /v1/activity: an agency's activity log.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Activity) }
