// Command sign-in-from serves /sign-in/from/{provider}: where a provider leads back to.
package main

import "latchkey.dev/shared/wire/providers"

func main() { providers.Start(providers.Functions.SignInFrom) }
