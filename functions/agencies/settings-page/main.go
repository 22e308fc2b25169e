// Command settings-page serves /settings: an agency's page about how it looks, and its form.
package main

import "latchkey.dev/shared/wire/settings"

func main() { settings.Start(settings.Functions.SettingsPage) }
