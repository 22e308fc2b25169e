// Command notification-settings serves /v1/notification-settings: what a member is told by mail.
package main

import "latchkey.dev/shared/wire/operations"

func main() { operations.Start(operations.Functions.NotificationSettings) }
