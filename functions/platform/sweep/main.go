// Command sweep runs every minute: it finds what is overdue and queues it for the worker whose work it is.
package main

import "latchkey.dev/shared/wire/workers"

func main() { workers.Start(workers.Functions.Sweep) }
