// Command sandbox-page serves /sandbox/{step}: what a client that does not exist would see.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.SandboxPage) }
