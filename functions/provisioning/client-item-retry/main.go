// Command client-item-retry serves /v1/clients/{clientId}/items/{resourceId}/retry: having a bought thing set up again.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ClientItemRetry) }
