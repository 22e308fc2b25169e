// Command home-page serves /home: where an agency's people begin.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.HomePage) }
