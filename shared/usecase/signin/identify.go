package signin

import (
	"context"

	"latchkey.dev/shared/domain/identity"
)

// Identify finds out who is calling and holds the caller to nothing; [Authenticator.Authenticate] does. Suites use it to see
// what the use cases decide by themselves. No credentials, or a session that is over, are the zero Caller and no error.
// Faults: [fault.Unauthenticated] for an API key that is malformed, unknown or revoked; [fault.Forbidden] for who acts for an agency
// and does not work there.
func (d *Authenticator) Identify(ctx context.Context, c Credentials) (caller identity.Caller, err error) {
	if c.Bearer != "" {
		caller, err = d.program(ctx, c.Bearer)
	} else {
		caller, err = d.session(ctx, c.Session)
	}
	if err != nil || caller.Agency == "" {
		return caller, err
	}
	return d.placed(ctx, caller, identity.Invite)
}
