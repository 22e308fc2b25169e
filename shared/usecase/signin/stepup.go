package signin

import (
	"context"
	"errors"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// StepUpStore is what proving again needs.
type StepUpStore interface {
	GuessStore
	identity.Allower
	// Prove writes, in one transaction, the used-up code under SaveCode's condition, and that the session's person has proved at a
	// time to be who it is; [conflict.ErrChanged] when the session has ended.
	Prove(ctx context.Context, c *identity.Code, session string, at time.Time) error
	// Session reads a session as it is now; a fault with code NotFound when there is none.
	Session(ctx context.Context, user id.User, session string) (*identity.Session, error)
}

// StepUps let people prove again that it is them, in the session that they have (RFC 9470, "OAuth 2.0 Step Up Authentication
// Challenge Protocol", has the word).
type StepUps struct {
	Store StepUpStore
	Key   []byte // HMAC key of the codes' digests
	Seals identity.Seals
	Now   func() time.Time
}

// ByCode takes the code that was mailed to the caller's address at the request of the browser, and returns the caller who has proved
// now. The session stays the same one, and ends when it would have.
//
// Faults: [fault.Unauthenticated]; [fault.WrongCode]; [fault.RateLimited]; [fault.Invalid] in flow for a browser that asked for no code.
func (s *StepUps) ByCode(
	ctx context.Context, caller identity.Caller, typed string, from identity.Browser, ip string,
) (identity.Caller, error) {
	if err := caller.MustBeSomebody(); err != nil { // also in the office of an agency with a provider of its own
		return caller, err
	}
	if err := identity.AllowNetwork(ctx, s.Store, "guess-ip", ip, guessesPerIP, s.Now()); err != nil {
		return caller, err
	}
	code, err := identity.ParseCode(typed)
	if err != nil {
		return caller, err
	}
	g := guess{address: caller.Email, code: code, from: from}
	flow, err := g.flow(s.Seals)
	if err != nil {
		return caller, err
	}
	err = g.at(ctx, s.Store, s.Key, flow, s.Now, func(c *identity.Code, now time.Time) error {
		now = now.Truncate(time.Millisecond)
		err := s.Store.Prove(ctx, c, caller.Session, now)
		if errors.Is(err, conflict.ErrChanged) {
			if _, gone := s.Store.Session(ctx, caller.User, caller.Session); fault.Is(gone, fault.NotFound) {
				return fault.New(fault.Unauthenticated, "errors.you_were_signed_out_meanwhile_sign")
			}
		}
		if err == nil {
			caller.Proved = now
		}
		return err
	})
	return caller, err
}
