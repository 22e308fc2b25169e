// Command app-settings-page serves /client-portal/settings: the tab Settings of Client Portal, and its form.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.AppSettingsPage) }
