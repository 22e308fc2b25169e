// Command contact-page serves /contacts/{contactId}: the page about one contact, with its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ContactPage) }
