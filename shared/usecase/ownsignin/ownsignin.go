// Package ownsignin has agencies on Max set up an OpenID provider of their own for their people, and demand it of them.
package ownsignin

import (
	"context"
	"net/url"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/seal"
	"latchkey.dev/shared/domain/sender"
)

// ReadStore is what an agency's own provider is read from.
type ReadStore interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// People lists the agency's members as they are now.
	People(ctx context.Context, agency id.Agency) (agency.Members, error)
	// Domains lists the domains that the agency has proven to be its own, in their order.
	Domains(ctx context.Context, agency id.Agency) ([]sender.Domain, error)
}

// Store keeps agencies' own providers.
type Store interface {
	ReadStore
	// Save writes a change, while the agency's provider has the version that was read, and the agency lives; else
	// [conflict.ErrChanged].
	Save(ctx context.Context, c Change) error
}

// Change is what is written of an agency's own provider, all or nothing.
type Change struct {
	Agency id.Agency
	SignIn agency.SignIn // as it is from now on, with the version that was read; without an issuer it is removed
	// Max has it hold only while the agency is on Max.
	Max   bool
	Rows  []audit.Entry
	Tells []*identity.Code
	// Holds are the agency's people, who are held to it from now on, or not any more ([agency.Member.Held]); nil where nothing changes
	// for them. It holds while Staff is [agency.Agency.Staff] still.
	Holds []id.Member
	Staff int
}

// View is an agency's own provider, and what there is to see beside it.
type View struct {
	Agency *agency.Agency
	Owner  bool // whether the caller may change it
	// Domains are those for whose addresses the provider's word is enough.
	Domains []sender.Domain
	// Linked is how many of the agency's people have signed in by it, of People.
	Linked, People int
	// Tested tells whether the caller has just signed in by it.
	Tested bool
}

// Directory shows agencies what they have set up.
type Directory struct {
	Store ReadStore
	Now   func() time.Time
}

// Get shows it. Faults: [fault.Unauthenticated], [fault.Forbidden].
func (d *Directory) Get(ctx context.Context, caller identity.Caller) (*View, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return nil, err
	}
	return view(ctx, d.Store, caller, d.Now())
}

func view(ctx context.Context, store ReadStore, caller identity.Caller, now time.Time) (*View, error) {
	a, err := store.Agency(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	people, err := store.People(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	v := &View{Agency: a, Owner: people.MayManage(caller.Member) == nil && caller.SignedIn(), People: len(people),
		Tested: tested(a, caller, now)}
	for i := range people {
		if a.SignIn.Set() && people[i].Account.Issuer == a.SignIn.Issuer {
			v.Linked++
		}
	}
	v.Domains, err = store.Domains(ctx, caller.Agency)
	return v, err
}

// tested tells whether the caller has just signed in by the agency's own provider as it is now.
func tested(a *agency.Agency, caller identity.Caller, now time.Time) bool {
	by := caller.By
	return a.SignIn.Set() && by.Bound == a.ID && by.Issuer == a.SignIn.Issuer && now.Sub(caller.Since) <= identity.StepUpLasts &&
		!caller.Since.Before(a.SignIn.SetAt)
}

// Settings changes it. Only owners do, who have stepped up.
type Settings struct {
	Store Store
	Keys  *seal.Ring // that secrets are sealed with
	// Judge says whether a URL may be called.
	Judge func(*url.URL) error
	Now   func() time.Time
}

// Check says what is wrong with what somebody has typed, as far as it alone says it.
func (s *Settings) Check(r agency.Registration) error {
	_, err := r.Parse(s.Judge)
	return err
}

// decided is one change of an agency's own provider. decide changes a.SignIn, and returns false for nothing to do.
func (s *Settings) decided(ctx context.Context, caller identity.Caller,
	decide func(a *agency.Agency, now time.Time, c *Change) (bool, error)) (*View, error) {
	if err := caller.OwnsNow(s.Now()); err != nil {
		return nil, err
	}
	err := conflict.Retry(ctx, func() error {
		a, err := s.Store.Agency(ctx, caller.Agency)
		if err != nil {
			return err
		}
		people, err := s.Store.People(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := people.MayManage(caller.Member); err != nil {
			return err
		}
		now := s.Now().Truncate(time.Millisecond)
		before := a.SignIn
		c := Change{Agency: a.ID}
		changed, err := decide(a, now, &c)
		if err != nil || !changed {
			return err
		}
		c.SignIn = a.SignIn
		if is, was := a.SignIn.Required, before.Required; is != was {
			what, action, name := identity.IssuerFree, audit.IssuerFree, before.Name
			if is {
				what, action, name = identity.IssuerRequired, audit.IssuerRequired, a.SignIn.Name
			}
			c.Rows = append(c.Rows, row(now, caller, action, name))
			c.Tells = identity.TellOwners(people, what, identity.Told{Provider: name, Agency: a.Name, Person: caller.Email}, now,
				func() string { return ulid.Make().String() })
			c.Staff = a.Staff
			for i := range people {
				c.Holds = append(c.Holds, people[i].ID)
			}
		}
		return s.Store.Save(ctx, c)
	})
	if err != nil {
		return nil, err
	}
	return view(ctx, s.Store, caller, s.Now())
}

func row(now time.Time, caller identity.Caller, what audit.Action, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: what,
		Subject: string(caller.Agency), Detail: detail}
}

// onMax is the fault of an agency without the plan.
func onMax(a *agency.Agency) error {
	if a.Plan != agency.Max {
		return fault.New(fault.PlanRequired, "ownsignin.needs_max")
	}
	return nil
}

// Set says which provider it is; what is so already changes nothing. What is changed but for its name has to be tested anew: it is
// demanded no more until then, since whoever changes the way in must not be the last to know that it leads nowhere. Faults: those of
// Require; [fault.Invalid] in name, issuer, clientId and clientSecret.
func (s *Settings) Set(ctx context.Context, caller identity.Caller, r agency.Registration) (*View, error) {
	return s.decided(ctx, caller, func(a *agency.Agency, now time.Time, c *Change) (bool, error) {
		in, err := r.Parse(s.Judge)
		if err != nil {
			return false, err
		}
		if err := onMax(a); err != nil {
			return false, err
		}
		x := &a.SignIn
		same := x.Issuer == in.Issuer && x.ClientID == in.ClientID
		if in.Secret == nil && !same {
			return false, fault.InField("clientSecret", "ownsignin.secret_again")
		}
		secret := in.Secret
		if same && secret != nil { // typed once more, or sent twice
			if before, err := s.Keys.Open(x.Secret, a.SecretPlace(x.Issuer, x.ClientID)); err == nil && before == *secret {
				secret = nil
			}
		}
		if secret == nil && x.Name == in.Name {
			return false, nil
		}
		if secret != nil {
			x.Secret = s.Keys.Seal(*secret, a.SecretPlace(in.Issuer, in.ClientID))
			x.SetAt, x.Required, x.Rested = now, false, false
		}
		x.Name, x.Issuer, x.ClientID = in.Name, in.Issuer, in.ClientID
		c.Max = true
		c.Rows = append(c.Rows, row(now, caller, audit.IssuerSet, in.Issuer))
		return true, nil
	})
}

// Require has the agency demand it, or not any more. Whoever has it demanded has just signed in by it. All owners are told. Faults:
// [fault.Unauthenticated]; [fault.StepUpRequired]; [fault.Forbidden] for who is no owner; [fault.PlanRequired]; [fault.NotFound] for an
// agency that has set up none; [fault.NotActive] for who has not just signed in by it; [fault.RateLimited] where it was demanded too
// often today, since all owners are told each time.
func (s *Settings) Require(ctx context.Context, caller identity.Caller, required bool) (*View, error) {
	return s.decided(ctx, caller, func(a *agency.Agency, now time.Time, c *Change) (bool, error) {
		switch {
		case !a.SignIn.Set():
			return false, fault.New(fault.NotFound, "ownsignin.none")
		case a.SignIn.Required == required:
			return false, nil
		case !required:
			a.SignIn.Required, a.SignIn.Rested = false, false
			return true, nil
		}
		if err := onMax(a); err != nil {
			return false, err
		}
		if !tested(a, caller, now) {
			return false, fault.New(fault.NotActive, "ownsignin.test_first", "provider", a.SignIn.Name)
		}
		turns, err := allowance.Count(allowance.Account, a.SignIn.Turns, now)
		if err != nil {
			return false, err
		}
		a.SignIn.Required, a.SignIn.Turns, c.Max = true, turns, true
		return true, nil
	})
}

// Remove forgets it. Sessions that it has made enter no more, and everybody signs in as before. Faults: as Require has them.
func (s *Settings) Remove(ctx context.Context, caller identity.Caller) error {
	_, err := s.decided(ctx, caller, func(a *agency.Agency, now time.Time, c *Change) (bool, error) {
		if !a.SignIn.Set() {
			return false, nil
		}
		c.Rows = append(c.Rows, row(now, caller, audit.IssuerRemoved, a.SignIn.Issuer))
		a.SignIn = agency.SignIn{Version: a.SignIn.Version, Turns: a.SignIn.Turns}
		return true, nil
	})
	return err
}
