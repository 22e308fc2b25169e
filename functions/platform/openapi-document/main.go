// Command openapi-document serves /openapi.json: the OpenAPI document.
package main

import "latchkey.dev/shared/wire"

func main() { wire.Start(wire.Functions.OpenAPIDocument) }
