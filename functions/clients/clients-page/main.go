// Command clients-page serves /clients: an agency's page about its clients, and the forms that invite one.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.ClientsPage) }
