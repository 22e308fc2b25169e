// Command not-found serves what has no route: 404, as a page or as a problem document.
package main

import "latchkey.dev/shared/wire/site"

func main() { site.Start(site.Functions.NotFound) }
