// Command office-page serves /sign-in/at/{agencyId}: an agency's own way in, and what owners do when it fails.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.OfficePage) }
