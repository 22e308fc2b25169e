// Command openapi-document serves /openapi.json: the OpenAPI document.
package main

import "latchkey.dev/shared/wire/bare"

func main() { bare.Start(bare.Functions.OpenAPIDocument) }
