package signin

import (
	"context"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/secret"
)

// CodeStore keeps codes.
type CodeStore interface {
	// Code reads the code of a person as it is now; a fault with code NotFound when there is none.
	Code(ctx context.Context, user id.User) (*identity.Code, error)
	// SaveCode writes the code when the stored version is still c.Version; else [conflict.ErrChanged].
	SaveCode(ctx context.Context, c *identity.Code) error
	// Allow counts one use under the name in a window of time and returns how long to wait when there have been
	// most of them already; zero when it may go on.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// AskingStore is what mailing a code to whoever asks for one needs.
type AskingStore interface {
	CodeStore
	// Mails reads the logs of mails that were caused, as they are now; what was never written is left out.
	Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error)
	// CountMails writes the logs while the stored versions are those that were read; else [conflict.ErrChanged].
	CountMails(ctx context.Context, logs []allowance.Log) error
}

// Queue takes mail jobs.
type Queue interface {
	// Send puts a message on the queue; it is delivered after the delay.
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Limits on public routes, per IP address.
const (
	requestsPerIP = 30
	guessesPerIP  = 60
	ipWindow      = 10 * time.Minute
)

// Codes mails sign-in codes to whoever asks for one.
type Codes struct {
	Store AskingStore
	Queue Queue
	Now   func() time.Time
}

// Request asks for a code for the address. What it does and returns is the same whether or not anybody is known by
// the address. Faults: [fault.RateLimited].
func (c *Codes) Request(ctx context.Context, to email.Address, ip string) error {
	if err := allow(ctx, c.Store, "code-ip", ip, requestsPerIP, c.Now()); err != nil {
		return err
	}
	user, which := id.UserOf(to), ulid.Make().String()
	counted := false
	err := conflict.Retry(ctx, func() error {
		code, err := stored(ctx, c.Store, user, to)
		if err != nil {
			return err
		}
		if err := code.Ask(c.Now(), which); err != nil {
			return err
		}
		if !counted {
			if err := c.count(ctx, user); err != nil {
				return err
			}
			counted = true
		}
		return c.Store.SaveCode(ctx, code)
	})
	if err != nil {
		return err
	}
	// The state is stored and has a due time: what does not get onto the queue now, the sweep puts there.
	if err := c.Queue.Send(ctx, job.Mail{Kind: job.Code, User: user, Job: which}.Encode(), 0); err != nil {
		slog.WarnContext(ctx, "code not enqueued, left to the sweep", "error", err)
	}
	return nil
}

// count counts a code among the mails that strangers may cause to a person. Faults: [fault.RateLimited].
func (c *Codes) count(ctx context.Context, to id.User) error {
	mail := allowance.Mail{Kind: allowance.Code, To: to}
	logs, err := c.Store.Mails(ctx, mail.Keys())
	if err != nil {
		return err
	}
	if logs, err = allowance.Take(logs, mail, c.Now()); err != nil {
		return err
	}
	return c.Store.CountMails(ctx, logs)
}

// stored reads the code of an address; a new one where none is stored.
func stored(ctx context.Context, store CodeStore, user id.User, address email.Address) (*identity.Code, error) {
	c, err := store.Code(ctx, user)
	if fault.Is(err, fault.NotFound) {
		return &identity.Code{User: user, Email: address}, nil
	}
	return c, err
}

// allow counts one request of a network, and refuses it when there have been most of them within the window.
func allow(ctx context.Context, store CodeStore, name, ip string, most int, now time.Time) error {
	wait, err := store.Allow(ctx, name+"#"+ip, most, ipWindow, now)
	if err != nil {
		return err
	}
	if wait > 0 {
		e := fault.New(fault.RateLimited, "Too many tries from this network. Try again in %s.", identity.About(wait))
		e.Retry, e.Limit = wait, fault.Limit{Name: name, Quota: most, Window: ipWindow}
		return e
	}
	return nil
}

// OpeningStore is what signing in needs.
type OpeningStore interface {
	CodeStore
	// OpenSession writes, in one transaction, the used-up code under SaveCode's condition, the new session, and the
	// person, who exists from the first sign-in on.
	OpenSession(ctx context.Context, c *identity.Code, s *identity.Session) error
	// Memberships lists where the person works or is a client.
	Memberships(ctx context.Context, user id.User) ([]Membership, error)
	// EndSession deletes the session, if it is the one with the hash.
	EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error
}

// SignIns makes sessions of mailed codes.
type SignIns struct {
	Store OpeningStore
	Key   []byte // HMAC key of the codes' digests
	Now   func() time.Time
}

// SignIn exchanges the code for a session, and ends the session that came with the request. It returns the cookie's
// value. Faults: [fault.WrongCode], [fault.RateLimited].
func (s *SignIns) SignIn(ctx context.Context, address email.Address, typed, ip, old string) (string, *identity.Session, error) {
	if err := allow(ctx, s.Store, "guess-ip", ip, guessesPerIP, s.Now()); err != nil {
		return "", nil, err
	}
	code, err := identity.ParseCode(typed)
	if err != nil {
		return "", nil, err
	}
	user := id.UserOf(address)
	digest := identity.Digest(s.Key, user, code)
	places, err := s.Store.Memberships(ctx, user)
	if err != nil {
		return "", nil, err
	}
	var cookie string
	var session *identity.Session
	err = conflict.Retry(ctx, func() error {
		c, err := stored(ctx, s.Store, user, address)
		if err != nil {
			return err
		}
		now := s.Now()
		verdict := c.Guess(now, digest)
		if verdict != nil {
			if c.Version > 0 {
				if err := s.Store.SaveCode(ctx, c); err != nil {
					return err
				}
			}
			return verdict
		}
		cookie, session = open(user, address, places, now.Truncate(time.Millisecond))
		return s.Store.OpenSession(ctx, c, session)
	})
	if err != nil {
		return "", nil, err
	}
	if user, held, err := locateSession(old); err == nil { // what was signed in before on this device is not any more
		if err := s.Store.EndSession(ctx, user, held, secret.HashOf(old)); err != nil {
			slog.WarnContext(ctx, "old session not ended", "error", err)
		}
	}
	return cookie, session, nil
}

// open makes a session of a person, which acts for one of the agencies where the person works.
func open(user id.User, address email.Address, places []Membership, now time.Time) (string, *identity.Session) {
	sid := ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy())
	who, _ := hex.DecodeString(string(user))
	cookie := secret.New(secret.Session, append(who, sid[:]...))
	s := &identity.Session{User: user, ID: sid.String(), Hash: secret.HashOf(cookie), Email: address, CreatedAt: now,
		ExpiresAt: now.Add(identity.SessionLifetime)}
	var used time.Time
	for _, p := range places { // the one that was acted for last, else the first
		if p.Member != "" && (s.Member == "" || p.Used.After(used)) {
			s.Agency, s.Member, used = p.Agency, p.Member, p.Used
		}
	}
	return cookie, s
}

// SessionStore is what ending sessions needs.
type SessionStore interface {
	// EndSession deletes the session, if it is the one with the hash.
	EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error
	// EndSessions deletes all of a person's sessions.
	EndSessions(ctx context.Context, user id.User) error
}

// Sessions ends sessions.
type Sessions struct {
	Store SessionStore
}

// End ends the session behind the cookie: holding it is the right to end it. One that is over or none of ours is no
// fault.
func (s *Sessions) End(ctx context.Context, cookie string) error {
	user, sid, err := locateSession(cookie)
	if err != nil {
		return nil //nolint:nilerr // nothing to end
	}
	return s.Store.EndSession(ctx, user, sid, secret.HashOf(cookie))
}

// EndAll ends all sessions of the caller. Faults: [fault.Unauthenticated].
func (s *Sessions) EndAll(ctx context.Context, caller identity.Caller) error {
	if err := caller.MustSignIn(); err != nil {
		return err
	}
	return s.Store.EndSessions(ctx, caller.User)
}
