// Command provisioner-callback serves /provisioner/callback: what the operator's own provisioner tells.
package main

import "latchkey.dev/shared/wire/intake"

func main() { intake.Start(intake.Functions.ProvisionerCallback) }
