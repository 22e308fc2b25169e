// Command notifications-page serves /settings/notifications: a member's page about what they are told by mail, and its form.
package main

import "latchkey.dev/shared/wire/pages"

func main() { pages.Start(pages.Functions.NotificationsPage) }
