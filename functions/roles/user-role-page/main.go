// Command user-role-page serves /client-portal/roles/{roleId}: an agency's page of one role.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.UserRolePage) }
