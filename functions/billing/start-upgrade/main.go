// Command start-upgrade serves /upgrade/start: the form that leads an owner to the payment page of the plan Max.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.StartUpgrade) }
