// Command asset serves /assets/{file}: style sheets, scripts and pictures.
package main

import "latchkey.dev/shared/wire/site"

func main() { site.Start(site.Functions.Asset) }
