// Command invite-preview serves /v1/invites/preview: what a client would see.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.InvitePreview) }
