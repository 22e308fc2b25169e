// Command instance-page serves /instances/{instanceId}: an agency's page about one n8n instance, and its forms.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.InstancePage) }
