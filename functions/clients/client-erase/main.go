// Command client-erase serves /v1/clients/{clientId}/erase: erasing a removed client's data.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.ClientErase) }
