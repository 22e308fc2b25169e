// Command join-refuse serves /v1/join-requests/{requestId}/refuse: turning somebody down.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.JoinRefuse) }
