// Command mail-settings serves /v1/mail-settings: which emails an agency's clients get.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.MailSettings) }
