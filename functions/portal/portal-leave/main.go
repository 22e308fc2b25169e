// Command portal-leave serves /v1/portal/leave: ending the caller's relationship with an agency.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalLeave) }
