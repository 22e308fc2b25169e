// Command agencies-page serves /agencies: the page on which a person chooses among their agencies, and its form.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.AgenciesPage) }
