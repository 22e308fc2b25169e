package signin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
)

// Founding is a new agency with its owner.
type Founding struct {
	Agency agency.Agency
	Owner  agency.Member
	Audit  audit.Entry
	Once   *idempotency.Record
}

// WorkplaceStore is what a person's own agencies need. Reads of what is not there return a fault with code
// [fault.NotFound].
type WorkplaceStore interface {
	// Memberships lists where the person works or is a client.
	Memberships(ctx context.Context, user id.User) ([]identity.Membership, error)
	// Agency reads an agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Member reads a member of the agency as it is now.
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
	// MoveSession writes a session in the place of the one with the old id and hash, and that the person acts for the
	// session's agency; [conflict.ErrChanged] when it does not work there, or the old one has ended.
	MoveSession(ctx context.Context, s *identity.Session, old string, hash secret.Hash) error
}

// SignUpStore is what making an agency needs.
type SignUpStore interface {
	WorkplaceStore
	// OpenAgency writes a new agency with its owner in one transaction.
	OpenAgency(ctx context.Context, f Founding) error
	// Remembered reads what a person's idempotency key made; a fault with code NotFound when it is not known.
	Remembered(ctx context.Context, user id.User, key string) (*idempotency.Record, error)
	// Allow counts one use under the name in a window of time and returns how long to wait when there have been
	// most of them already; zero when it may go on.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// SignUps makes agencies.
type SignUps struct {
	Store SignUpStore
	Now   func() time.Time
}

// Workplaces lets a person see the agencies that it works at, and choose for which of them it acts.
type Workplaces struct {
	Store WorkplaceStore
	Now   func() time.Time
}

// Limits on new agencies.
const (
	foundedPerIP     = 10
	foundedPerPerson = 3
	foundingWindow   = 24 * time.Hour
)

// NewAgency is what an agency is made from.
type NewAgency struct {
	Name  string
	Color string // "" for the platform's
}

// Check reads what was typed, before anybody is asked for a code. Faults: [fault.Invalid].
func (n NewAgency) Check() (name, color string, err error) {
	name, badName := agency.ParseName(n.Name)
	color, badColor := agency.ParseColor(n.Color)
	return name, color, fault.Together(badName, badColor)
}

// SignUp makes an agency on the plan Free, of which the caller is the owner, and puts a session that acts for it in
// the place of the caller's. It returns the new cookie. cookie is the present one's value.
//
// Faults: [fault.Unauthenticated] for nobody; [fault.Invalid]; [fault.RateLimited]; [fault.IdempotencyUsed].
func (u *SignUps) SignUp(
	ctx context.Context, caller identity.Caller, cookie string, n NewAgency, once, ip string,
) (*agency.Agency, string, *identity.Session, error) {
	if err := caller.MustSignInTo("errors.sign_in_to_make_an_agency"); err != nil {
		return nil, "", nil, err
	}
	name, color, err := n.Check()
	if err != nil {
		return nil, "", nil, err
	}
	record, err := idempotency.For("signUpAgency", string(caller.User), once, n)
	if err != nil {
		return nil, "", nil, err
	}
	var made *agency.Agency
	counted := false
	err = conflict.Retry(ctx, func() error {
		now := u.Now().Truncate(time.Millisecond)
		if record != nil {
			stored, err := u.Store.Remembered(ctx, caller.User, record.Key)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if again, err := record.Replays(stored, now); err != nil {
				return err
			} else if again {
				made, err = u.Store.Agency(ctx, id.Agency(stored.Result))
				return err
			}
		}
		if !counted {
			if err := u.allow(ctx, caller, ip); err != nil {
				return err
			}
			counted = true
		}
		made = &agency.Agency{ID: id.New[id.Agency](id.AgencyPrefix, now), Name: name, Color: color, Plan: agency.Free, CreatedAt: now}
		owner := id.New[id.Member](id.MemberPrefix, now)
		f := Founding{Agency: *made, Owner: agency.Member{ID: owner, Email: caller.Email, Level: agency.Owner, AddedAt: now},
			Audit: audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: string(owner), Action: audit.AgencyCreated,
				Subject: string(made.ID)}}
		f.Once = record.Of(string(made.ID), now)
		return u.Store.OpenAgency(ctx, f)
	})
	if err != nil {
		return nil, "", nil, err
	}
	fresh, session, err := (&Workplaces{u.Store, u.Now}).Switch(ctx, caller, cookie, made.ID)
	return made, fresh, session, err
}

// allow counts one new agency of the person and of its network.
func (u *SignUps) allow(ctx context.Context, caller identity.Caller, ip string) error {
	for _, l := range []struct {
		name, who string
		most      int
	}{{"sign-up", string(caller.User), foundedPerPerson}, {"sign-up-ip", ip, foundedPerIP}} {
		wait, err := u.Store.Allow(ctx, l.name+"#"+l.who, l.most, foundingWindow, u.Now())
		if err != nil {
			return err
		}
		if wait > 0 {
			e := fault.New(fault.RateLimited, "errors.that_is_many_new_agencies_for")
			e.Retry, e.Limit = wait, fault.Limit{Name: l.name, Quota: l.most, Window: foundingWindow}
			return e
		}
	}
	return nil
}

// Place is an agency that a person works at.
type Place struct {
	Agency *agency.Agency
	Level  agency.Level
	Here   bool // whether the session acts for it
}

// List lists the agencies that the caller works at, by name. portals tells whether it is a client of any.
func (w *Workplaces) List(ctx context.Context, caller identity.Caller) (places []Place, portals bool, err error) {
	if err := caller.MustSignInTo("errors.sign_in_to_see_your_agencies"); err != nil {
		return nil, false, err
	}
	all, err := w.Store.Memberships(ctx, caller.User)
	if err != nil {
		return nil, false, err
	}
	for _, m := range all {
		if m.Member == "" {
			portals = true
			continue
		}
		at, who, err := w.place(ctx, m)
		if fault.Is(err, fault.NotFound) {
			continue // it went a moment ago
		}
		if err != nil {
			return nil, false, err
		}
		places = append(places, Place{Agency: at, Level: who.Level, Here: m.Agency == caller.Agency})
	}
	slices.SortFunc(places, func(x, y Place) int {
		return strings.Compare(sorted(x.Agency), sorted(y.Agency))
	})
	return places, portals, nil
}

// sorted is what agencies are sorted by.
func sorted(a *agency.Agency) string { return strings.ToLower(a.Name) + string(a.ID) }

// place reads an agency and the person's place there.
func (w *Workplaces) place(ctx context.Context, m identity.Membership) (*agency.Agency, *agency.Member, error) {
	who, err := w.Store.Member(ctx, m.Agency, m.Member)
	if err != nil {
		return nil, nil, err
	}
	at, err := w.Store.Agency(ctx, m.Agency)
	return at, who, err
}

// Switch puts a session that acts for the agency in the place of the caller's, which proves the same address since
// the same time. It returns the new cookie. Faults: [fault.Unauthenticated]; [fault.NotFound] for an agency that the
// caller does not work at.
func (w *Workplaces) Switch(ctx context.Context, caller identity.Caller, cookie string, to id.Agency) (string, *identity.Session, error) {
	if err := caller.MustSignInTo("errors.sign_in_to_choose_an_agency"); err != nil {
		return "", nil, err
	}
	_, old, err := identity.LocateSession(cookie)
	if err != nil {
		return "", nil, fault.New(fault.Unauthenticated, "errors.sign_in_to_choose_an_agency")
	}
	notThere := fault.New(fault.NotFound, "errors.you_work_at_no_such_agency")
	all, err := w.Store.Memberships(ctx, caller.User)
	if err != nil {
		return "", nil, err
	}
	i := slices.IndexFunc(all, func(m identity.Membership) bool { return m.Agency == to && m.Member != "" })
	if i < 0 {
		return "", nil, notThere
	}
	if _, err := w.Store.Member(ctx, to, all[i].Member); err != nil {
		if fault.Is(err, fault.NotFound) {
			return "", nil, notThere
		}
		return "", nil, err
	}
	fresh, s := caller.Moved(to, all[i].Member, w.Now())
	if err := w.Store.MoveSession(ctx, s, old, secret.HashOf(cookie)); err != nil {
		if errors.Is(err, conflict.ErrChanged) { // signed out, or let go, a moment ago
			return "", nil, fault.New(fault.Unauthenticated, "errors.you_were_signed_out_meanwhile_sign")
		}
		return "", nil, err
	}
	return fresh, s, nil
}
