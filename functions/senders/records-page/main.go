// Command records-page serves /records/{token}: the records of an agency's sender domain, for whoever runs its DNS.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.RecordsPage) }
