// Command webhook-page serves the page of one webhook endpoint.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.WebhookPage) }
