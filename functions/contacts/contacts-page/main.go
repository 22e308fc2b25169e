// Command contacts-page serves /contacts: an agency's page about its contacts, and the form that adds one.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ContactsPage) }
