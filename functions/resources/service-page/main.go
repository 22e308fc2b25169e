// Command service-page serves /services/{serviceId}: an agency's page about one service, and its form.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ServicePage) }
