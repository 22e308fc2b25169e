// Command provision takes the provision queue's messages: each is one step of making, suspending or deleting what was bought.
package main

import "latchkey.dev/shared/wire/provision"

func main() { provision.Start(provision.Functions.Provision) }
