// Command client-item-retry serves /v1/clients/{clientId}/items/{resourceId}/retry: having a bought thing set up again.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.ClientItemRetry) }
