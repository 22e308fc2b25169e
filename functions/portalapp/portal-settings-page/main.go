// Command portal-settings-page serves /settings/client-portal: Client Portal's part of an agency's settings, and its form.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.PortalSettingsPage) }
