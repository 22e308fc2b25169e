// Command agency-page serves /settings/agency: an agency's page about its plan and its deletion, and its form.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.AgencyPage) }
