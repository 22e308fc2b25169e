// Package passkeys is how people sign in without a mail: they register passkeys, sign in with them, and manage those that they have.
package passkeys

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/passkey"
	"latchkey.dev/shared/domain/words"
)

// Opener keeps challenges that are out.
type Opener interface {
	// OpenChallenge writes a challenge.
	OpenChallenge(ctx context.Context, c *passkey.Challenge) error
	identity.Allower
}

// Taker takes back challenges that were answered.
type Taker interface {
	// TakeChallenge deletes the challenge of this value and returns it, when it was made for the browser; else a fault with code
	// [fault.NotFound]. Of several callers one gets it.
	TakeChallenge(ctx context.Context, value []byte, browser string) (*passkey.Challenge, error)
}

// Keeper keeps people's passkeys.
type Keeper interface {
	// Passkeys reads all passkeys of a person as they are now; of a person without any, a set that is not stored.
	Passkeys(ctx context.Context, user id.User) (*passkey.Set, error)
	// ChangePasskeys writes what becomes of a set, while the stored version is the one that was read and nobody has a credential that is
	// added; else [conflict.ErrChanged].
	ChangePasskeys(ctx context.Context, c passkey.Change) error
}

// Queue takes mail jobs.
type Queue interface {
	// Send puts a message on the queue; it is delivered after the delay.
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Attestation is the answer of an authenticator that has made a passkey.
type Attestation struct {
	Credential []byte
	ClientData []byte
	Object     []byte
	Transports []string
}

// Assertion is the answer of an authenticator that has one.
type Assertion struct {
	Credential        []byte
	ClientData        []byte
	AuthenticatorData []byte
	Signature         []byte
	Handle            []byte
}

// Requests of a network to what anybody may call, within [identity.NetworkWindow]. A page to sign in asks for a challenge when it is
// opened, and every few minutes.
const (
	challengesPerIP = 120
	answersPerIP    = 60
)

// ceremonyLength is how long the text is that binds challenges to a browser, in bytes: 128 random bits in base 32.
const ceremonyLength = 26

// Options is what an authenticator is asked.
type Options struct {
	Challenge *passkey.Challenge
	Browser   string       // what the browser carries from now on
	Set       *passkey.Set // of the person; nil for somebody who signs in
}

// open makes a challenge for the browser.
func open(ctx context.Context, store Opener, what passkey.Ceremony, user id.User, from identity.Browser, now time.Time) (*Options, error) {
	o := &Options{Browser: from.Ceremony}
	if len(o.Browser) < ceremonyLength { // none, or none of ours
		o.Browser = rand.Text()
	}
	o.Challenge = passkey.NewChallenge(what, user, o.Browser, now)
	return o, store.OpenChallenge(ctx, o.Challenge)
}

// answered takes the challenge that the client has signed. Faults: [fault.Malformed]; [fault.Unauthenticated] for a challenge that is
// used or over, and for one of another browser, person or ceremony.
func answered(
	ctx context.Context, store Taker, clientData []byte, what passkey.Ceremony, user id.User, from identity.Browser, now time.Time,
) (*passkey.Challenge, error) {
	value, err := passkey.ChallengeOf(clientData)
	if err != nil {
		return nil, err
	}
	over := fault.New(fault.Unauthenticated, "errors.passkey_challenge_over")
	if from.Ceremony == "" {
		return nil, over
	}
	c, err := store.TakeChallenge(ctx, value, from.Ceremony)
	if fault.Is(err, fault.NotFound) {
		return nil, over
	}
	if err != nil {
		return nil, err
	}
	if !c.Answered(what, user, now) {
		return nil, over
	}
	return c, nil
}

// news is the mail that tells the caller what it has changed at now.
func news(ctx context.Context, caller identity.Caller, what identity.Tells, told identity.Told, now time.Time) *identity.Code {
	return identity.Tell(caller.User, caller.Email, what, told, now, ulid.Make().String()).In(words.In(ctx))
}

// tell has the mail about a change sent. The change is stored and has a due time: what does not get onto the queue now, the sweep
// puts there.
func tell(ctx context.Context, queue Queue, c *identity.Code) {
	if err := queue.Send(ctx, job.Mail{Kind: job.Code, User: c.User, Job: c.Job}.Encode(), 0); err != nil {
		slog.WarnContext(ctx, "mail about a change not enqueued, left to the sweep", "error", err)
	}
}

// Registering begins registrations.
type Registering struct {
	Store interface {
		Opener
		Keeper
	}
	Now func() time.Time
}

// Begin makes a challenge for a new passkey of the caller. Faults: [fault.Unauthenticated], [fault.StepUpRequired],
// [fault.Forbidden]; [fault.Full]; [fault.RateLimited].
func (r *Registering) Begin(ctx context.Context, caller identity.Caller, from identity.Browser, ip string) (*Options, error) {
	now := r.Now()
	if err := caller.SignedInNow(now); err != nil {
		return nil, err
	}
	if err := identity.AllowNetwork(ctx, r.Store, "passkey-challenges", ip, challengesPerIP, now); err != nil {
		return nil, err
	}
	var set *passkey.Set
	err := conflict.Retry(ctx, func() (err error) {
		if set, err = r.Store.Passkeys(ctx, caller.User); err != nil {
			return err
		}
		if err := set.Room(); err != nil {
			return err
		}
		if set.Prepare(caller.Email) {
			return r.Store.ChangePasskeys(ctx, passkey.Change{Set: set})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	o, err := open(ctx, r.Store, passkey.Registering, caller.User, from, now)
	if err != nil {
		return nil, err
	}
	o.Set = set
	return o, nil
}

// Registrar says whether what an authenticator answers makes a passkey.
type Registrar interface {
	// Attested reads a new passkey out of the answer to the challenge. Faults: [fault.Malformed] for what no authenticator writes,
	// [fault.Unauthenticated] for an answer to something else.
	Attested(a Attestation, challenge []byte, set *passkey.Set) (passkey.Passkey, error)
}

// Registrations finishes registrations.
type Registrations struct {
	Store interface {
		Taker
		Keeper
		// PasskeyOwner is who has the credential; a fault with code [fault.NotFound] when nobody has.
		PasskeyOwner(ctx context.Context, credential []byte) (id.User, error)
	}
	Registrar Registrar
	Queue     Queue
	Now       func() time.Time
}

// Finish keeps the passkey that an authenticator has made for the caller. Faults: those of [Registrar] and of [passkey.Set.Add];
// [fault.Unauthenticated], [fault.StepUpRequired], [fault.Forbidden].
func (r *Registrations) Finish(
	ctx context.Context, caller identity.Caller, a Attestation, from identity.Browser,
) (*passkey.Passkey, error) {
	now := r.Now().Truncate(time.Millisecond)
	if err := caller.SignedInNow(now); err != nil {
		return nil, err
	}
	c, err := answered(ctx, r.Store, a.ClientData, passkey.Registering, caller.User, from, now)
	if err != nil {
		return nil, err
	}
	var made *passkey.Passkey
	var told *identity.Code
	err = conflict.Retry(ctx, func() error {
		set, err := r.Store.Passkeys(ctx, caller.User)
		if err != nil {
			return err
		}
		p, err := r.Registrar.Attested(a, c.Value, set)
		if err != nil {
			return err
		}
		if made, err = set.Add(p, from.Device, now); err != nil {
			return err
		}
		_, err = r.Store.PasskeyOwner(ctx, p.Credential)
		if err == nil {
			return fault.InField("credential", "errors.passkey_there")
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		told = news(ctx, caller, identity.PasskeyAdded, identity.Told{Passkey: made.Name, Device: from.Device}, now)
		return r.Store.ChangePasskeys(ctx, passkey.Change{Set: set, Added: p.Credential, Tell: told})
	})
	if err != nil {
		return nil, err
	}
	tell(ctx, r.Queue, told)
	return made, nil
}

// Keyring is what people do with the passkeys that they have.
type Keyring struct {
	Store Keeper
	Queue Queue
	Now   func() time.Time
}

// List lists the caller's passkeys, oldest first. Faults: [fault.Unauthenticated], [fault.Forbidden].
func (k *Keyring) List(ctx context.Context, caller identity.Caller) (*passkey.Set, error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, err
	}
	return k.Store.Passkeys(ctx, caller.User)
}

// Rename gives a passkey of the caller's a name. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound],
// [fault.Invalid], [fault.RateLimited].
func (k *Keyring) Rename(
	ctx context.Context, caller identity.Caller, which id.Passkey, typed string, from identity.Browser,
) (*passkey.Passkey, error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, err
	}
	name, err := passkey.ParseName(typed)
	if err != nil {
		return nil, err
	}
	now := k.Now().Truncate(time.Millisecond)
	var renamed *passkey.Passkey
	var told *identity.Code
	err = conflict.Retry(ctx, func() error {
		told = nil
		set, err := k.Store.Passkeys(ctx, caller.User)
		if err != nil {
			return err
		}
		before, p, err := set.Rename(which, name, now)
		if err != nil {
			return err
		}
		if p == nil {
			renamed = set.ByID(which)
			return nil
		}
		renamed = p
		told = news(ctx, caller, identity.PasskeyRenamed, identity.Told{Passkey: name, Before: before, Device: from.Device}, now)
		return k.Store.ChangePasskeys(ctx, passkey.Change{Set: set, Tell: told})
	})
	if err != nil {
		return nil, err
	}
	if told != nil {
		tell(ctx, k.Queue, told)
	}
	return renamed, nil
}

// Remove forgets a passkey of the caller's: nobody signs in with it from now on. Faults: [fault.Unauthenticated], [fault.StepUpRequired],
// [fault.Forbidden], [fault.NotFound].
func (k *Keyring) Remove(ctx context.Context, caller identity.Caller, which id.Passkey, from identity.Browser) error {
	now := k.Now().Truncate(time.Millisecond)
	if err := caller.SignedInNow(now); err != nil {
		return err
	}
	var told *identity.Code
	err := conflict.Retry(ctx, func() error {
		set, err := k.Store.Passkeys(ctx, caller.User)
		if err != nil {
			return err
		}
		gone, err := set.Remove(which, now)
		if err != nil {
			return err
		}
		told = news(ctx, caller, identity.PasskeyRemoved, identity.Told{Passkey: gone.Name, Device: from.Device}, now)
		return k.Store.ChangePasskeys(ctx, passkey.Change{Set: set, Removed: gone.Credential, Tell: told})
	})
	if err != nil {
		return err
	}
	tell(ctx, k.Queue, told)
	return nil
}
