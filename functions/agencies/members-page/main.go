// Command members-page serves /settings/members: an agency's page about its members, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.MembersPage) }
