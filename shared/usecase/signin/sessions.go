package signin

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
)

// SessionStore is what ending sessions needs.
type SessionStore interface {
	// EndSession deletes the session, if it is the one with the hash.
	EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error
	// EndSessions deletes all of a person's sessions but the one to keep, "" for none, and with the last of them writes what the person
	// learns of it, once. A person who has no other is told nothing.
	EndSessions(ctx context.Context, user id.User, keep string, news func() (*identity.News, error)) error
	identity.Hearing
}

// Sessions ends sessions.
type Sessions struct {
	Store SessionStore
	Now   func() time.Time
}

// End ends the session behind the cookie: holding it is the right to end it. One that is over or none of ours is no
// fault.
func (s *Sessions) End(ctx context.Context, cookie string) error {
	user, sid, err := identity.LocateSession(cookie)
	if err != nil {
		return nil //nolint:nilerr // nothing to end
	}
	return s.Store.EndSession(ctx, user, sid, secret.HashOf(cookie))
}

// EndAll ends all sessions of the caller, and tells the person by mail. Faults: [fault.Unauthenticated]; [fault.Forbidden] for who was
// let in by an agency's own provider.
func (s *Sessions) EndAll(ctx context.Context, caller identity.Caller, from identity.Browser, ip string) error {
	return s.end(ctx, caller, "", identity.SignedOut, from, ip)
}

// EndOthers is EndAll without the caller's own session. Faults: those of EndAll.
func (s *Sessions) EndOthers(ctx context.Context, caller identity.Caller, from identity.Browser, ip string) error {
	return s.end(ctx, caller, caller.Session, identity.SignedOutElse, from, ip)
}

func (s *Sessions) end(
	ctx context.Context, caller identity.Caller, keep string, what identity.Tells, from identity.Browser, ip string,
) error {
	if err := caller.MustSignIn(); err != nil {
		return err
	}
	told := identity.Told{Device: from.Device, Network: identity.NetworkOf(ip)}
	return s.Store.EndSessions(ctx, caller.User, keep, func() (*identity.News, error) {
		return identity.NewsOf(ctx, s.Store, caller, what, told, s.Now())
	})
}

// OwnSessionStore is what seeing one's sessions needs, and ending one of them.
type OwnSessionStore interface {
	// Sessions reads a page of a person's sessions as they are now, those that began last first, and after which one the next page
	// begins; "" on the last. What has expired may be among them.
	Sessions(ctx context.Context, user id.User, after string, limit int) ([]identity.Session, string, error)
	// Session reads a session as it is now; a fault with code [fault.NotFound] when there is none.
	Session(ctx context.Context, user id.User, session string) (*identity.Session, error)
	// DropSession deletes the session with what the person learns of it; a fault with code [fault.NotFound] when there is none,
	// [conflict.ErrChanged] when the person was told of something else meanwhile.
	DropSession(ctx context.Context, user id.User, session string, news *identity.News) error
	identity.Hearing
}

// OwnSessions shows people where they are signed in, and signs them out there.
type OwnSessions struct {
	Store OwnSessionStore
	Now   func() time.Time
}

// List lists at most limit of the caller's sessions, those that began last first, and after which one the next page begins; "" on the
// last. Faults: [fault.Unauthenticated], [fault.Forbidden].
func (o *OwnSessions) List(
	ctx context.Context, caller identity.Caller, after id.Session, limit int,
) (page []identity.Session, next id.Session, err error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, "", err
	}
	last := bare(after)
	for {
		some, more, err := o.Store.Sessions(ctx, caller.User, last, limit-len(page))
		if err != nil {
			return nil, "", err
		}
		for n := range some {
			if o.Now().Before(some[n].ExpiresAt) {
				page = append(page, some[n])
			}
		}
		if more == "" {
			return page, "", nil
		}
		if len(page) == limit {
			return page, id.Session(id.SessionPrefix + more), nil
		}
		last = more
	}
}

// bare is a session's id as sessions are kept by.
func bare(s id.Session) string {
	if s == "" {
		return ""
	}
	return string(s)[len(id.SessionPrefix):]
}

// End ends one of the caller's sessions, and tells whether it is the one that the caller has. The next request by it finds nobody
// signed in. Faults: [fault.Unauthenticated], [fault.Forbidden]; [fault.NotFound] for one that is over, or somebody else's.
func (o *OwnSessions) End(
	ctx context.Context, caller identity.Caller, which id.Session, from identity.Browser, ip string,
) (own bool, err error) {
	if err := caller.MustSignIn(); err != nil {
		return false, err
	}
	own = bare(which) == caller.Session
	return own, conflict.Retry(ctx, func() error {
		s, err := o.Store.Session(ctx, caller.User, bare(which))
		if err == nil && !o.Now().Before(s.ExpiresAt) {
			err = id.NoSession()
		}
		if err != nil {
			return err
		}
		var news *identity.News
		if !own {
			told := identity.Told{Device: from.Device, Network: identity.NetworkOf(ip), Ended: s.By.Device}
			if news, err = identity.NewsOf(ctx, o.Store, caller, identity.SessionEnded, told, o.Now()); err != nil {
				return err
			}
		}
		return o.Store.DropSession(ctx, caller.User, s.ID, news)
	})
}
