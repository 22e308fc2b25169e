// Command portal-app serves /v1/portal-app: the app Client Portal of an agency.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.PortalApp) }
