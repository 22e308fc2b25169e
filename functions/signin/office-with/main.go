// Command office-with serves /sign-in/at/{agencyId}/with, which leads to the provider that an agency has of its own.
package main

import "latchkey.dev/shared/wire/providers"

func main() { providers.Start(providers.Functions.OfficeWith) }
