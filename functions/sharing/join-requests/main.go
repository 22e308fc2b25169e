// Command join-requests serves /v1/join-requests: who asks to join.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.JoinRequests) }
