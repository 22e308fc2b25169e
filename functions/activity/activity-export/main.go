// Command activity-export serves /v1/activity/export: an agency's activity log as a file.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ActivityExport) }
