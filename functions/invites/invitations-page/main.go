// Command invitations-page serves /client-portal/invitations: the invites that nobody has accepted.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.InvitationsPage) }
