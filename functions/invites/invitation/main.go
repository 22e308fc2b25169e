// Command invitation serves /v1/invitations/{token}: what an invite's link opens.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Invitation) }
