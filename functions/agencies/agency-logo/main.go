// Command agency-logo serves /v1/agency/logo: putting an agency's logo.
package main

import "latchkey.dev/shared/wire/upload"

func main() { upload.Start(upload.Functions.AgencyLogo) }
