// Command instances-page serves /instances: an agency's page about its n8n instances, and the form that connects one.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.InstancesPage) }
