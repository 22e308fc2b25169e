// Command webhook-sweep runs by the clock and brings events on their way.
package main

import "latchkey.dev/shared/wire/workers"

func main() { workers.Start(workers.Functions.WebhookSweep) }
