package passkeys

import (
	"bytes"
	"context"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/passkey"
)

// Asking begins sign-ins.
type Asking struct {
	Store Opener
	Now   func() time.Time
}

// Begin makes a challenge for whoever has a passkey. Faults: [fault.RateLimited].
func (a *Asking) Begin(ctx context.Context, from identity.Browser, ip string) (*Options, error) {
	now := a.Now()
	if err := identity.AllowNetwork(ctx, a.Store, "passkey-challenges", ip, challengesPerIP, now); err != nil {
		return nil, err
	}
	return open(ctx, a.Store, passkey.SigningIn, "", from, now)
}

// Verifier says whether what an authenticator answers is a passkey's.
type Verifier interface {
	// Asserted verifies the answer of a passkey to the challenge. Faults: [fault.Malformed] for what no authenticator writes,
	// [fault.Unauthenticated] for an answer of another passkey, or to something else.
	Asserted(a Assertion, challenge []byte, set *passkey.Set, p *passkey.Passkey) (passkey.Answer, error)
}

// SignInStore is what signing in with a passkey needs.
type SignInStore interface {
	Taker
	Keeper
	// PasskeyOwner is who has the credential; a fault with code [fault.NotFound] when nobody has.
	PasskeyOwner(ctx context.Context, credential []byte) (id.User, error)
	// Memberships lists where the person works or is a client.
	Memberships(ctx context.Context, user id.User) ([]identity.Membership, error)
	// OpenByPasskey writes, in one transaction, the new session and the set whose passkey was used, while its stored version is the one
	// that was read; else [conflict.ErrChanged].
	OpenByPasskey(ctx context.Context, s *identity.Session, set *passkey.Set) error
	identity.Ender
	identity.Allower
	identity.Acquaintances
}

// SignIns makes sessions of passkeys.
type SignIns struct {
	Store    SignInStore
	Verifier Verifier
	Seals    identity.Seals
	Now      func() time.Time
}

// Finish signs in whoever has the passkey that has answered, and ends the session that came with the request. Faults: those of
// [Verifier]; [fault.UnknownPasskey] for a passkey that nobody has, or has any more; [fault.RateLimited].
func (s *SignIns) Finish(ctx context.Context, a Assertion, from identity.Browser, ip, old string) (*identity.Opened, error) {
	now := s.Now().Truncate(time.Millisecond)
	if err := identity.AllowNetwork(ctx, s.Store, "passkey-answers", ip, answersPerIP, now); err != nil {
		return nil, err
	}
	c, err := answered(ctx, s.Store, a.ClientData, passkey.SigningIn, "", from, now)
	if err != nil {
		return nil, err
	}
	unknown := fault.New(fault.UnknownPasskey, "errors.passkey_unknown")
	user, err := s.Store.PasskeyOwner(ctx, a.Credential)
	if fault.Is(err, fault.NotFound) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	places, err := s.Store.Memberships(ctx, user)
	if err != nil {
		return nil, err
	}
	var opened identity.Opened
	err = conflict.Retry(ctx, func() error {
		set, err := s.Store.Passkeys(ctx, user)
		if err != nil {
			return err
		}
		p := set.Of(a.Credential)
		if p == nil {
			return unknown
		}
		if !bytes.Equal(a.Handle, set.Handle) {
			return fault.New(fault.Unauthenticated, "errors.passkey_refused")
		}
		answer, err := s.Verifier.Asserted(a, c.Value, set, p)
		if err != nil {
			return err
		}
		if err := used(ctx, s.Store, set, p, answer, now); err != nil {
			return err
		}
		opened.Cookie, opened.Session = identity.NewSession(user, set.Email, places,
			identity.Proof{Way: identity.Passkey, Device: from.Device, Network: identity.NetworkOf(ip)}, now)
		if opened.Session.News, err = s.Seals.Greet(ctx, s.Store, opened.Session, from, now); err != nil {
			return err
		}
		opened.Known = s.Seals.Meet(from.Known, set.Email, now)
		return s.Store.OpenByPasskey(ctx, opened.Session, set)
	})
	if err != nil {
		return nil, err
	}
	identity.Replace(ctx, s.Store, old)
	return &opened, nil
}
