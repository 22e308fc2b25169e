// Command service serves /v1/services/{serviceId}: one service and who sees it, and disconnecting it.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Service) }
