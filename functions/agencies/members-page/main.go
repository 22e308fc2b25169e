// Command members-page serves /settings/members: an agency's page about its members, and its forms.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.MembersPage) }
