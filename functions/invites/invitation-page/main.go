// Command invitation-page serves /i/{token}: the page that an invite's link opens, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.InvitationPage) }
