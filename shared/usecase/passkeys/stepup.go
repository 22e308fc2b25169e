package passkeys

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/passkey"
)

// Confirming begins step-ups.
type Confirming struct {
	Store interface {
		Opener
		// Passkeys reads all passkeys of a person as they are now; of a person without any, a set that is not stored.
		Passkeys(ctx context.Context, user id.User) (*passkey.Set, error)
	}
	Now func() time.Time
}

// Begin makes a challenge for a passkey of the caller. Faults: [fault.Unauthenticated], [fault.Forbidden]; [fault.NotFound] for somebody
// without any; [fault.RateLimited].
func (c *Confirming) Begin(ctx context.Context, caller identity.Caller, from identity.Browser, ip string) (*Options, error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, err
	}
	now := c.Now()
	if err := identity.AllowNetwork(ctx, c.Store, "passkey-challenges", ip, challengesPerIP, now); err != nil {
		return nil, err
	}
	set, err := c.Store.Passkeys(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	if len(set.Keys) == 0 {
		return nil, fault.New(fault.NotFound, "errors.passkey_none")
	}
	o, err := open(ctx, c.Store, passkey.SteppingUp, caller.User, from, now)
	if err != nil {
		return nil, err
	}
	o.Set = set
	return o, nil
}

// ConfirmationStore is what a step-up with a passkey needs.
type ConfirmationStore interface {
	Taker
	Keeper
	// ProveByPasskey writes, in one transaction, the set whose passkey was used, and that the session's person has proved at a time to be
	// who it is, while the stored version of the set is the one that was read; [conflict.ErrChanged] too when the session has ended.
	ProveByPasskey(ctx context.Context, set *passkey.Set, session string, at time.Time) error
	// Session reads a session as it is now; a fault with code [fault.NotFound] when there is none.
	Session(ctx context.Context, user id.User, session string) (*identity.Session, error)
	identity.Allower
}

// Confirmations let people prove again, in the session that they have, that it is them.
type Confirmations struct {
	Store    ConfirmationStore
	Verifier Verifier
	Now      func() time.Time
}

// Finish takes the answer of a passkey of the caller's, and returns the caller who has proved now. The session stays the same one, and
// ends when it would have. Faults: those of [Verifier]; [fault.Unauthenticated], also for a passkey of somebody else; [fault.Forbidden];
// [fault.RateLimited].
func (c *Confirmations) Finish(
	ctx context.Context, caller identity.Caller, a Assertion, from identity.Browser, ip string,
) (identity.Caller, error) {
	if err := caller.MustSignIn(); err != nil {
		return caller, err
	}
	now := c.Now().Truncate(time.Millisecond)
	if err := identity.AllowNetwork(ctx, c.Store, "passkey-answers", ip, answersPerIP, now); err != nil {
		return caller, err
	}
	ch, err := answered(ctx, c.Store, a.ClientData, passkey.SteppingUp, caller.User, from, now)
	if err != nil {
		return caller, err
	}
	err = conflict.Retry(ctx, func() error {
		set, err := c.Store.Passkeys(ctx, caller.User)
		if err != nil {
			return err
		}
		p := set.Of(a.Credential)
		if p == nil { // which may sign in somebody else, so that browsers are not told to forget it
			return fault.New(fault.Unauthenticated, "errors.passkey_of_other")
		}
		if len(a.Handle) == 0 { // an authenticator that was told which passkeys may answer need not say whose they are
			a.Handle = set.Handle
		}
		if !bytes.Equal(a.Handle, set.Handle) {
			return fault.New(fault.Unauthenticated, "errors.passkey_refused")
		}
		answer, err := c.Verifier.Asserted(a, ch.Value, set, p)
		if err != nil {
			return err
		}
		if err := used(ctx, c.Store, set, p, answer, now); err != nil {
			return err
		}
		err = c.Store.ProveByPasskey(ctx, set, caller.Session, now)
		if errors.Is(err, conflict.ErrChanged) {
			if _, gone := c.Store.Session(ctx, caller.User, caller.Session); fault.Is(gone, fault.NotFound) {
				return fault.New(fault.Unauthenticated, "errors.you_were_signed_out_meanwhile_sign")
			}
		}
		return err
	})
	if err == nil {
		caller.Proved = now
	}
	return caller, err
}

// used notes that a passkey has answered. Faults: [fault.Unauthenticated] for one of which there is a copy.
func used(ctx context.Context, store Keeper, set *passkey.Set, p *passkey.Passkey, answer passkey.Answer, now time.Time) error {
	v := p.Use(answer, now)
	if v.Suspect || v.Flipped {
		slog.WarnContext(ctx, "passkey answered in an odd way", "passkey", p.ID, "counter", v.Suspect, "refused", v.Refused,
			"flipped", v.Flipped)
	}
	if !v.Refused {
		return nil
	}
	if err := store.ChangePasskeys(ctx, passkey.Change{Set: set}); err != nil {
		return err
	}
	return fault.New(fault.Unauthenticated, "errors.passkey_copied")
}
