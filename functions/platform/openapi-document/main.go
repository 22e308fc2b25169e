// Command openapi-document serves /openapi.json: the OpenAPI document.
package main

import "latchkey.dev/shared/wire/site"

func main() { site.Start(site.Functions.OpenAPIDocument) }
