// Command user-roles-page serves /client-portal/roles: an agency's page of roles.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.UserRolesPage) }
