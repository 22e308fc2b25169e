// Command contacts-export serves /v1/contacts/export: contacts as a file.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ContactsExport) }
