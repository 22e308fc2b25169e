// Command client-erase serves /v1/clients/{clientId}/erase: erasing a removed client's data.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.ClientErase) }
