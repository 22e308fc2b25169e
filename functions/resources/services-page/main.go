// Command services-page serves /services: an agency's page about its services, and the form that connects one.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.ServicesPage) }
