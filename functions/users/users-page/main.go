// Command users-page serves /client-portal: the list of external users.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.UsersPage) }
