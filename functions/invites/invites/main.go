// Command invites serves /v1/invites: an agency's invites, listing and sending them.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Invites) }
