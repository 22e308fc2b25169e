// Command watch runs every minute: it calls the connected n8n instances that are due, and notes whether they answer.
package main

import "latchkey.dev/shared/wire/workers"

func main() { workers.Start(workers.Functions.Watch) }
