// Command user-role serves /v1/roles/{roleId}: one role of external users.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.UserRole) }
