package signin

import (
	"context"

	"latchkey.dev/shared/domain/identity"
)

// Identify finds out who is calling and holds the caller to nothing; [Authenticator.Authenticate] does. Suites use it to see
// what the use cases decide by themselves. No credentials, or a session that is over, are the zero Caller and no error.
// Faults: [fault.Unauthenticated] for an API key that is malformed, unknown or revoked.
func (d *Authenticator) Identify(ctx context.Context, c Credentials) (identity.Caller, error) {
	if c.Bearer != "" {
		return d.program(ctx, c.Bearer)
	}
	return d.session(ctx, c.Session)
}
