// Command unsubscribe-page serves /unsubscribe/{token}: where people stop mails that nobody has to get, in one click.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.UnsubscribePage) }
