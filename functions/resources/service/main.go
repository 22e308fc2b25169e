// Command service serves /v1/services/{serviceId}: one service and who sees it, and disconnecting it.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.Service) }
