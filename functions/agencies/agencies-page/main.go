// Command agencies-page serves /agencies: the page on which a person chooses among their agencies, and its form.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.AgenciesPage) }
