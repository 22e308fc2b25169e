// Command contact serves /v1/contacts/{contactId}: one contact, reading, changing and archiving it.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Contact) }
