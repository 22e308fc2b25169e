// Command webhooks-page serves the page of webhook endpoints.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.WebhooksPage) }
