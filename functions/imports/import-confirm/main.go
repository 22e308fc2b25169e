// Command import-confirm serves /v1/imports/confirm: the rows of a file that was checked are invited.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ImportConfirm) }
