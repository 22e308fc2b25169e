// Command step-up-page serves /step-up: proving again that it is you, and going on with what asked for it.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.StepUpPage) }
