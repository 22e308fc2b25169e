// Command sign-in-with serves /sign-in/with/{provider}: it leads to a provider, by whose account one signs in.
package main

import "latchkey.dev/shared/wire/providers"

func main() { providers.Start(providers.Functions.SignInWith) }
