// Command upgrade-page serves /upgrade: the page about the plan Max.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.UpgradePage) }
