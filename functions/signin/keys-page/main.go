// Command keys-page serves /settings/keys: an agency's page about its API keys, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.KeysPage) }
