// Command user-roles serves /v1/roles: an agency's roles of external users.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.UserRoles) }
