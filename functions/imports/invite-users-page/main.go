// Command invite-users-page serves /client-portal/invite: many are invited, by lines and by a file.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.InviteUsersPage) }
