// Command contacts-import-page serves /contacts/import: the page that adds contacts from a file.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ContactsImportPage) }
