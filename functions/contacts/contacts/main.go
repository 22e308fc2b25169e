// Command contacts serves /v1/contacts: an agency's contacts, listing and adding them.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Contacts) }
