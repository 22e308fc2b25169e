// Command portal-instance-page serves /portal/instances/{instanceId}: a client's page about one n8n instance, and its form.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.PortalInstancePage) }
