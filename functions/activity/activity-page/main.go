// Command activity-page serves /activity: an agency's page about what was done there.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ActivityPage) }
