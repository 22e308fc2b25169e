// Command member serves /v1/members/{memberId}: changing and removing a member.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Member) }
