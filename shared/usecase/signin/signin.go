// Package signin is how callers prove who they are: a code mailed to an address makes a session, a session or an
// API key makes a caller.
package signin

import (
	"context"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
)

// Store is what finding out who is calling needs. Reads of what is not there return a fault with code [fault.NotFound].
type Store interface {
	// Session reads a session as it is now.
	Session(ctx context.Context, user id.User, session string) (*identity.Session, error)
	// APIKey reads a key as it is now.
	APIKey(ctx context.Context, agency id.Agency, key id.Key) (*identity.APIKey, error)
	// Used notes that the key was used at a time, if that was not noted for the hour yet.
	Used(ctx context.Context, k *identity.APIKey, at time.Time) error
	// Powers reads what the agency's keys have used of powerful scopes and its owners have not been told of, as it is now.
	Powers(ctx context.Context, agency id.Agency) (*identity.Powers, error)
	// UsePower writes a row of the log, and what owners are to be told of while that is the one that was read, nil for nothing new; else
	// [conflict.ErrChanged].
	UsePower(ctx context.Context, agency id.Agency, row audit.Entry, p *identity.Powers) error
	// Member reads a member of the agency as it is now.
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
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
// count where Who takes them; elsewhere only a session does, and a key is told so where people step up. One read; for an agency's
// people and keys a second one, which tells whether the person still works there, or the key's maker, and what it is there; and a third,
// of their agency, for employees, whom it may let do more, and for people of whom it may demand its own provider. All are read as they
// are now: what was taken away does not open the next request.
//
// Faults: [fault.Unauthenticated], also for an API key that is malformed, unknown or revoked; [fault.Forbidden]; [fault.StepUpRequired].
func (d *Authenticator) Authenticate(ctx context.Context, c Credentials, who identity.Who) (identity.Caller, error) {
	switch who.Kind {
	case identity.Anyone:
		return identity.Caller{}, nil
	case identity.Staff:
		caller, err := d.staff(ctx, c, who)
		if err != nil {
			return identity.Caller{}, err
		}
		return caller, nil
	}
	if c.Bearer != "" && who.Browser() {
		caller, err := d.key(ctx, c.Bearer)
		if err == nil {
			err = who.Takes(caller.Program())
		}
		return identity.Caller{}, err
	}
	caller, err := d.session(ctx, c.Session)
	switch {
	case err != nil:
	case who.SignedIn() && who.Bound:
		err = caller.MustBeSomebody()
	case who.SignedIn():
		err = caller.MustSignIn()
	case caller.By.Bound != "" && !who.Bound: // whom an agency's own provider has signed in is nobody elsewhere
		caller = identity.Caller{}
	}
	if err == nil && who.StepUp && !who.Inside {
		err = caller.SteppedUp(d.Now())
	}
	if err != nil {
		return identity.Caller{}, err
	}
	return caller, nil
}

// staff is for what only an agency may do: the caller must act for one, work there still, and may do what is asked for
// ([identity.Who.Admits]). A key has the place of who made it.
func (d *Authenticator) staff(ctx context.Context, c Credentials, who identity.Who) (caller identity.Caller, err error) {
	if c.Bearer != "" {
		caller, err = d.program(ctx, c.Bearer)
	} else {
		caller, err = d.session(ctx, c.Session)
	}
	if err == nil {
		err = who.Takes(caller)
	}
	if err == nil {
		caller, err = d.placed(ctx, caller, who.Right)
	}
	if err == nil {
		err = who.Admits(caller, d.Now())
	}
	if err == nil && caller.Key != "" && who.Scope.Powerful() {
		err = d.power(ctx, caller, who.Scope)
	}
	if err != nil {
		return identity.Caller{}, err
	}
	return caller, nil
}

// power writes down that a key uses a powerful scope, before anything is done by it, and that owners are to be told.
func (d *Authenticator) power(ctx context.Context, caller identity.Caller, s identity.Scope) error {
	now := d.Now().Truncate(time.Millisecond)
	use := row(now, caller, audit.PowerUsed, string(caller.Key))
	use.Detail = string(s)
	return conflict.Retry(ctx, func() error {
		p, err := d.Store.Powers(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if !p.Use(caller.Key, s, now) {
			p = nil
		}
		return d.Store.UsePower(ctx, caller.Agency, use, p)
	})
}

// placed finds out what the caller is at its agency, and holds people to the way in that it demands. Faults: [fault.Forbidden] for who
// does not work there; those of [identity.Caller.Enters].
func (d *Authenticator) placed(ctx context.Context, caller identity.Caller, r identity.Right) (identity.Caller, error) {
	m, err := d.Store.Member(ctx, caller.Agency, caller.Member)
	if fault.Is(err, fault.NotFound) || err == nil && caller.SignedIn() && m.Email != caller.Email {
		return identity.Caller{}, fault.New(fault.Forbidden, "errors.you_do_not_work_at_this")
	}
	if err != nil {
		return identity.Caller{}, err
	}
	var a *agency.Agency
	if caller.SignedIn() && (m.Held || caller.By.Bound != "") || m.PortalRight() == agency.PortalEmployee && r != identity.Office {
		if a, err = d.Store.Agency(ctx, caller.Agency); err != nil {
			return identity.Caller{}, err
		}
	}
	caller = caller.At(identity.PlaceOf(m, a))
	if a != nil {
		if err := caller.Enters(a); err != nil {
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
	user, sid, err := identity.LocateSession(cookie)
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

// program is whose API key it is.
func (d *Authenticator) program(ctx context.Context, bearer string) (identity.Caller, error) {
	k, err := d.key(ctx, bearer)
	if err != nil {
		return identity.Caller{}, err
	}
	if now := d.Now(); now.Sub(k.LastUsedAt) >= time.Hour {
		if err := d.Store.Used(ctx, k, now); err != nil { // nothing hangs on it but a date in a list
			slog.WarnContext(ctx, "last use of a key not noted", "key", k.ID, "error", err)
		}
	}
	return k.Program(), nil
}

// key is the API key. Fault: [fault.Unauthenticated].
func (d *Authenticator) key(ctx context.Context, bearer string) (*identity.APIKey, error) {
	refused := fault.New(fault.Unauthenticated,
		"errors.this_api_key_is_not_known")
	loc, err := secret.Locate(secret.APIKey, bearer, 32)
	if err != nil {
		return nil, refused
	}
	at, which := id.FromBytes[id.Agency](id.AgencyPrefix, [16]byte(loc[:16])), id.FromBytes[id.Key](id.KeyPrefix, [16]byte(loc[16:]))
	k, err := d.Store.APIKey(ctx, at, which)
	if fault.Is(err, fault.NotFound) {
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	if !k.Hash.Matches(bearer) || !k.RevokedAt.IsZero() {
		return nil, refused
	}
	return k, nil
}
