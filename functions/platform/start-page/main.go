// Command start-page serves /: it leads callers to the page that is theirs.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.StartPage) }
