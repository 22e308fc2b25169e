// Command email-page serves /settings/email: an agency's page about what its emails are sent from, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.EmailPage) }
