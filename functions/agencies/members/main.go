// Command members serves /v1/members: an agency's members, listing and adding them.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Members) }
