// Command office-from serves /sign-in/at/{agencyId}/from, which is where the provider that an agency has of its own leads back to.
package main

import "latchkey.dev/shared/wire/providers"

func main() { providers.Start(providers.Functions.OfficeFrom) }
