// Command join-approve serves /v1/join-requests/{requestId}/approve: letting somebody join.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.JoinApprove) }
