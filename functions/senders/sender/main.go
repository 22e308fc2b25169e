// Command sender serves /v1/sender: how an agency's mail goes out.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.Sender) }
