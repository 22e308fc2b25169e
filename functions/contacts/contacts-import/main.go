// Command contacts-import serves /v1/contacts/import: adding contacts from a file.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ContactsImport) }
