// Package signin is how callers prove who they are: a code mailed to an address makes a session, a session or an
// API key makes a caller.
package signin

import (
	"context"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/secret"
)

// Membership says that a person works at an agency, or is its client.
type Membership struct {
	Agency id.Agency
	Member id.Member // "" for a client
	Used   time.Time // when the person last chose to act for the agency; zero for never
}

// Store keeps sessions, keys and codes. Reads of what is not there return a fault with code [fault.NotFound].
type Store interface {
	// Session reads a session; the read may be a moment old.
	Session(ctx context.Context, user id.User, session string) (*identity.Session, error)
	// APIKey reads a key; the read may be a moment old.
	APIKey(ctx context.Context, agency id.Agency, key id.Key) (*identity.APIKey, error)
	// Used notes that the key was used at a time, if that was not noted for the hour yet.
	Used(ctx context.Context, k *identity.APIKey, at time.Time) error
	// Member reads a member of the agency as it is now.
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
}

// Authenticator finds out who is calling.
type Authenticator struct {
	Store Store
	Now   func() time.Time
}

// Credentials are what a request carries: at most one of them counts, the key before the session.
type Credentials struct {
	Session string // the cookie's value
	Bearer  string // after "Authorization: Bearer "
}

// Authenticate finds out who is calling, as far as what is called asks for it, and holds the caller to who may. API keys
// count where Who takes them; elsewhere only a session does. One read; for an agency's people a second one, which tells
// whether the person still works there.
//
// Faults: [fault.Unauthenticated], also for an API key that is malformed, unknown or revoked; [fault.Forbidden].
func (d *Authenticator) Authenticate(ctx context.Context, c Credentials, who identity.Who) (identity.Caller, error) {
	switch who.Kind {
	case identity.Anyone:
		return identity.Caller{}, nil
	case identity.Staff:
		return d.staff(ctx, c, who.Scope)
	}
	caller, err := d.session(ctx, c.Session)
	if err == nil && who.SignedIn() {
		err = caller.MustSignIn()
	}
	if err != nil {
		return identity.Caller{}, err
	}
	return caller, nil
}

// staff is for what only an agency may do: the caller must act for one and may do what the scope names
// ([identity.Caller.May]), and a person must still work there.
func (d *Authenticator) staff(ctx context.Context, c Credentials, s identity.Scope) (caller identity.Caller, err error) {
	if c.Bearer != "" {
		caller, err = d.program(ctx, c.Bearer)
	} else {
		caller, err = d.session(ctx, c.Session)
	}
	if err != nil {
		return identity.Caller{}, err
	}
	if err := caller.May(s); err != nil {
		return identity.Caller{}, err
	}
	if caller.SignedIn() {
		m, err := d.Store.Member(ctx, caller.Agency, caller.Member)
		if fault.Is(err, fault.NotFound) || err == nil && m.Email != caller.Email {
			return identity.Caller{}, fault.New(fault.Forbidden, "You do not work at this agency any more.")
		}
		if err != nil {
			return identity.Caller{}, err
		}
	}
	return caller, nil
}

// session is who the cookie belongs to. No cookie at all, or a session that is over, are the zero Caller and no error.
func (d *Authenticator) session(ctx context.Context, cookie string) (identity.Caller, error) {
	if cookie == "" {
		return identity.Caller{}, nil
	}
	user, sid, err := locateSession(cookie)
	if err != nil {
		return identity.Caller{}, nil //nolint:nilerr // a cookie that is none of ours is as good as no cookie
	}
	s, err := d.Store.Session(ctx, user, sid)
	if fault.Is(err, fault.NotFound) {
		return identity.Caller{}, nil
	}
	if err != nil {
		return identity.Caller{}, err
	}
	if !s.Hash.Matches(cookie) || !d.Now().Before(s.ExpiresAt) {
		return identity.Caller{}, nil
	}
	return s.Person(), nil
}

func (d *Authenticator) program(ctx context.Context, bearer string) (identity.Caller, error) {
	refused := fault.New(fault.Unauthenticated, "This API key is not known, or was revoked. Make a new one and send it as Authorization: Bearer lkk_….")
	loc, err := secret.Locate(secret.APIKey, bearer, 32)
	if err != nil {
		return identity.Caller{}, refused
	}
	k, err := d.Store.APIKey(ctx, id.FromBytes[id.Agency](id.AgencyPrefix, [16]byte(loc[:16])), id.FromBytes[id.Key](id.KeyPrefix, [16]byte(loc[16:])))
	if fault.Is(err, fault.NotFound) {
		return identity.Caller{}, refused
	}
	if err != nil {
		return identity.Caller{}, err
	}
	if !k.Hash.Matches(bearer) || !k.RevokedAt.IsZero() {
		return identity.Caller{}, refused
	}
	if now := d.Now(); now.Sub(k.LastUsedAt) >= time.Hour {
		if err := d.Store.Used(ctx, k, now); err != nil { // nothing hangs on it but a date in a list
			slog.WarnContext(ctx, "last use of a key not noted", "key", k.ID, "error", err)
		}
	}
	return k.Program(), nil
}

// locateSession reads where a session is kept out of its cookie.
func locateSession(cookie string) (id.User, string, error) {
	loc, err := secret.Locate(secret.Session, cookie, 32)
	if err != nil {
		return "", "", err
	}
	return id.User(hex.EncodeToString(loc[:16])), ulid.ULID(loc[16:]).String(), nil
}

// CodeStore is what asking for and giving a code needs.
type CodeStore interface {
	// Code reads the code of a person as it is now.
	Code(ctx context.Context, user id.User) (*identity.Code, error)
	// SaveCode writes the code when the stored version is still c.Version; else [conflict.ErrChanged].
	SaveCode(ctx context.Context, c *identity.Code) error
	// OpenSession writes, in one transaction, the used-up code under SaveCode's condition, the new session, and the
	// person, who exists from the first sign-in on.
	OpenSession(ctx context.Context, c *identity.Code, s *identity.Session) error
	// Memberships lists where the person works or is a client.
	Memberships(ctx context.Context, user id.User) ([]Membership, error)
	// Allow counts one use under the name in a window of time and returns how long to wait when there have been
	// most of them already; zero when it may go on.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
	// EndSession deletes the session, if it is the one with the hash.
	EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error
	// EndSessions deletes all of a person's sessions.
	EndSessions(ctx context.Context, user id.User) error
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

// Codes signs people in by a code that is mailed to them.
type Codes struct {
	Store CodeStore
	Queue Queue  // nil where codes are only verified
	Key   []byte // HMAC key of the codes' digests; nil where they are only asked for
	Now   func() time.Time
}

// Request asks for a code for the address. What it does and returns is the same whether or not anybody is known by
// the address. Faults: [fault.RateLimited].
func (s *Codes) Request(ctx context.Context, to email.Address, ip string) error {
	if err := s.allow(ctx, "code-ip", ip, requestsPerIP); err != nil {
		return err
	}
	user, which := id.UserOf(to), ulid.Make().String()
	err := conflict.Retry(ctx, func() error {
		c, err := s.Store.Code(ctx, user)
		if fault.Is(err, fault.NotFound) {
			c, err = &identity.Code{User: user, Email: to}, nil
		}
		if err != nil {
			return err
		}
		if err := c.Ask(s.Now(), which); err != nil {
			return err
		}
		return s.Store.SaveCode(ctx, c)
	})
	if err != nil {
		return err
	}
	if err := s.Queue.Send(ctx, job.Mail{Kind: job.Code, User: user, Job: which}.Encode(), 0); err != nil { // the state is stored and has a due time: the sweep puts it on the queue
		slog.WarnContext(ctx, "code not enqueued, left to the sweep", "error", err)
	}
	return nil
}

// SignIn exchanges the code for a session, and ends the session that came with the request. It returns the cookie's
// value. Faults: [fault.WrongCode], [fault.RateLimited].
func (s *Codes) SignIn(ctx context.Context, address email.Address, typed, ip, old string) (cookie string, session *identity.Session, err error) {
	if err := s.allow(ctx, "guess-ip", ip, guessesPerIP); err != nil {
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
	err = conflict.Retry(ctx, func() error {
		c, err := s.Store.Code(ctx, user)
		if fault.Is(err, fault.NotFound) {
			c, err = &identity.Code{User: user, Email: address}, nil
		}
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
	if old != "" { // rotation: what was signed in before on this device is not any more
		if err := s.SignOut(ctx, old); err != nil {
			slog.WarnContext(ctx, "old session not ended", "error", err)
		}
	}
	return cookie, session, nil
}

func open(user id.User, address email.Address, places []Membership, now time.Time) (string, *identity.Session) {
	sid := ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy())
	who, _ := hex.DecodeString(string(user))
	cookie := secret.New(secret.Session, append(who, sid[:]...))
	s := &identity.Session{User: user, ID: sid.String(), Hash: secret.HashOf(cookie), Email: address, CreatedAt: now, ExpiresAt: now.Add(identity.SessionLifetime)}
	var used time.Time
	for _, p := range places { // the one that was acted for last, else the first
		if p.Member != "" && (s.Member == "" || p.Used.After(used)) {
			s.Agency, s.Member, used = p.Agency, p.Member, p.Used
		}
	}
	return cookie, s
}

// SignOut ends the session behind the cookie. One that is over or none of ours is no error.
func (s *Codes) SignOut(ctx context.Context, cookie string) error {
	user, sid, err := locateSession(cookie)
	if err != nil {
		return nil //nolint:nilerr // nothing to end
	}
	return s.Store.EndSession(ctx, user, sid, secret.HashOf(cookie))
}

// SignOutEverywhere ends all sessions of the person.
func (s *Codes) SignOutEverywhere(ctx context.Context, user id.User) error {
	return s.Store.EndSessions(ctx, user)
}

func (s *Codes) allow(ctx context.Context, name, ip string, most int) error {
	wait, err := s.Store.Allow(ctx, name+"#"+ip, most, ipWindow, s.Now())
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

// KeyStore keeps API keys.
type KeyStore interface {
	// APIKeys lists the agency's keys, newest first.
	APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error)
	// APIKey reads one key.
	APIKey(ctx context.Context, agency id.Agency, key id.Key) (*identity.APIKey, error)
	// Recall reads what an idempotency key made; a fault with code NotFound when it is not known.
	Recall(ctx context.Context, agency id.Agency, key string) (*idempotency.Record, error)
	// CreateAPIKey writes a key that must not exist, with its row of the log and its idempotency key; a fault with code
	// Forbidden when its maker does not work at the agency any more.
	CreateAPIKey(ctx context.Context, k *identity.APIKey, row audit.Entry, once *idempotency.Record) error
	// RevokeAPIKey marks a key that works as revoked; [conflict.ErrChanged] when it does not work any more.
	RevokeAPIKey(ctx context.Context, k *identity.APIKey, row audit.Entry) error
}

// Keys manages an agency's API keys.
type Keys struct {
	Store KeyStore
	Now   func() time.Time
}
