package signin

import (
	"context"
	"errors"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/seal"
)

// OfficePeople is what an agency's own provider is held to.
type OfficePeople interface {
	// Agency reads an agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// People lists the agency's members as they are now.
	People(ctx context.Context, agency id.Agency) (agency.Members, error)
}

// OfficeStore is what signing in by an agency's own provider needs. Reads of what is not there return a fault with code
// [fault.NotFound].
type OfficeStore interface {
	OfficePeople
	identity.Allower
	identity.Ender
	// Spend writes that what an errand is named by is over, and is kept until then; [conflict.ErrChanged] when it was before.
	Spend(ctx context.Context, spent string, until time.Time) error
	// Holds tells whether the agency has proven that the domain is its own.
	Holds(ctx context.Context, agency id.Agency, domain string) (bool, error)
	// ProveAt writes that the session's person has proved at a time to be who it is; [conflict.ErrChanged] when the session has ended.
	ProveAt(ctx context.Context, user id.User, session string, at time.Time) error
	// OpenOffice writes, in one transaction, the new session, and a change of what signs the member in at the agency, nil for none,
	// while that is what the change was decided from; else [conflict.ErrChanged].
	OpenOffice(ctx context.Context, s *identity.Session, change *identity.OfficeChange) error
}

// OfficeProvider is asked who somebody is. It is set up by an agency, so nothing that it says counts for anything else.
type OfficeProvider interface {
	// BeginAt returns where the browser goes. Faults: [fault.Unavailable] for a provider that does not answer; [fault.Malformed] for what
	// answers there, and is none, or calls itself otherwise.
	BeginAt(ctx context.Context, a *agency.Agency, e *identity.Errand) (string, error)
	// FinishAt exchanges what the browser has brought back for what the provider says of the person. Faults: [fault.Unavailable],
	// [fault.Malformed], as [Provider.Finish] has them.
	FinishAt(ctx context.Context, a *agency.Agency, secret string, e *identity.Errand, code, issuer string) (*identity.Assertion, error)
}

// The setbacks of agencies' own providers alone.
const (
	NotMember  Setback = "not_member"  // who comes from there does not work at the agency
	NoProvider Setback = "no_provider" // what answers at its address is no provider as the agency has set it up
)

// NotBegun is the setback of a fault with which it could not be begun to sign in by an agency's own provider; "" for any other fault.
func NotBegun(err error) Setback {
	switch {
	case fault.Is(err, fault.Unavailable):
		return Unavailable
	case fault.Is(err, fault.Malformed):
		return NoProvider
	}
	return ""
}

// Offices signs members of agencies in by the agencies' own providers.
type Offices struct {
	Store    OfficeStore
	Provider OfficeProvider
	Keys     *seal.Ring // that the providers' secrets are sealed with; nil where nobody comes back from one
	Seals    identity.Seals
	Now      func() time.Time
}

// offering is the agency, which has a provider of its own. Faults: [fault.NotFound] for one that does not, or is none.
func offering(ctx context.Context, store OfficePeople, which id.Agency) (*agency.Agency, error) {
	a, err := store.Agency(ctx, which)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if err != nil || !a.OffersSignIn() {
		return nil, fault.New(fault.NotFound, "errors.there_is_no_such_provider")
	}
	return a, nil
}

// Begin returns where the browser goes to sign in by the agency's own provider, and what it keeps meanwhile. fresh has the person prove
// to the provider once more to be who it is. Faults: [fault.RateLimited]; [fault.Unavailable], [fault.Malformed], see [NotBegun];
// [fault.NotFound] for an agency without.
func (o *Offices) Begin(ctx context.Context, at id.Agency, next string, fresh bool, ip string) (path, sealed string, err error) {
	if err := identity.AllowNetwork(ctx, o.Store, "errand-ip", ip, errandsPerIP, o.Now()); err != nil {
		return "", "", err
	}
	a, err := offering(ctx, o.Store, at)
	if err != nil {
		return "", "", err
	}
	e := identity.NewErrand(identity.OfAgency(at), next, "", o.Now())
	e.Registered, e.Fresh = a.SignIn.Version, fresh
	path, err = o.Provider.BeginAt(ctx, a, e)
	return path, o.Seals.SealErrand(e), err
}

// BeginStepUp is Begin by somebody whom the agency's own provider let in, and who has to prove again to be who it is. form is what asked
// for it. Faults: those of Begin; [fault.Forbidden] for anybody else.
func (o *Offices) BeginStepUp(ctx context.Context, caller identity.Caller, at id.Agency, form, ip string) (path, sealed string, err error) {
	if err := caller.MustBeSomebody(); err != nil {
		return "", "", err
	}
	if caller.By.Bound != at {
		return "", "", fault.New(fault.Forbidden, "errors.own_issuer_gone")
	}
	if err := identity.AllowNetwork(ctx, o.Store, "errand-ip", ip, errandsPerIP, o.Now()); err != nil {
		return "", "", err
	}
	a, err := offering(ctx, o.Store, at)
	if err != nil {
		return "", "", err
	}
	e := identity.NewErrand(identity.OfAgency(at), "", "", o.Now())
	e.Registered, e.Fresh, e.Session, e.Form = a.SignIn.Version, true, caller.Session, form
	path, err = o.Provider.BeginAt(ctx, a, e)
	return path, o.Seals.SealErrand(e), err
}

// step has the session know that its person has just proved to the agency's own provider to be who it is, by the account that signs the
// person in there.
func (o *Offices) step(ctx context.Context, caller identity.Caller, e *identity.Errand, m *agency.Member, said *identity.Assertion,
) (*Outcome, error) {
	if !caller.SignedIn() || caller.Session != e.Session || caller.By.Bound != e.Provider.Agency() {
		return &Outcome{Setback: NotYou}, nil
	}
	if m == nil || m.ID != caller.Member {
		return &Outcome{Setback: NotYours}, nil
	}
	at, ok := said.Stepped(e, o.Now())
	if !ok {
		return &Outcome{Setback: NotFresh}, nil
	}
	at = at.Truncate(time.Millisecond)
	if at.Before(caller.Proved) { // by a mailed code meanwhile
		return &Outcome{Stepped: true}, nil
	}
	err := o.Store.ProveAt(ctx, caller.User, caller.Session, at)
	if errors.Is(err, conflict.ErrChanged) { // signed out meanwhile
		return &Outcome{Setback: NotYou}, nil
	}
	return &Outcome{Stepped: true}, err
}

// Errand is the one that the browser comes back from. Faults: [fault.Malformed] for none, and for one that took too long.
func (o *Offices) Errand(sealed string, from id.Agency, state string) (*identity.Errand, error) {
	e, ok := o.Seals.OpenErrand(sealed, identity.OfAgency(from), state, o.Now())
	if !ok {
		return nil, fault.New(fault.Malformed, "errors.errand_unknown")
	}
	return e, nil
}

// Finish ends an errand. It signs in nobody but a member of the agency whose provider it is, and for nothing but that agency's office.
// An account that has signed a member in signs that member in, whatever address the provider tells. Any other one is known by its
// address: where the agency has proven that the address's domain is its own, and the provider has verified the address, it signs in
// from now on; where it is not so, or another account of the provider's signs the member in, a code has to prove the address first. A
// session that came with the request ends.
//
// Faults: [fault.Malformed] for an errand that is over already, and for one to a provider that was changed meanwhile;
// [fault.RateLimited].
func (o *Offices) Finish(ctx context.Context, caller identity.Caller, e *identity.Errand, a Answer, from identity.Browser, ip, old string,
) (*Outcome, error) {
	if err := identity.AllowNetwork(ctx, o.Store, "guess-ip", ip, guessesPerIP, o.Now()); err != nil {
		return nil, err
	}
	over := fault.New(fault.Malformed, "errors.errand_unknown")
	if err := o.Store.Spend(ctx, e.Spent(), e.At.Add(2*identity.ErrandFor)); errors.Is(err, conflict.ErrChanged) {
		return nil, over
	} else if err != nil {
		return nil, err
	}
	if out := refusedThere(a); out != nil {
		return out, nil
	}
	at, err := offering(ctx, o.Store, e.Provider.Agency())
	if fault.Is(err, fault.NotFound) || err == nil && at.SignIn.Version != e.Registered {
		return nil, over
	}
	if err != nil {
		return nil, err
	}
	secret, err := o.Keys.Open(at.SignIn.Secret, at.SecretPlace(at.SignIn.Issuer, at.SignIn.ClientID))
	if err != nil {
		return nil, errors.Join(errors.New("signin: a sealed secret cannot be opened"), err)
	}
	said, err := o.Provider.FinishAt(ctx, at, secret, e, a.Code, a.Issuer)
	if f := fault.As(err); f != nil && f.Code == fault.Unavailable {
		return &Outcome{Setback: Unavailable}, nil
	} else if f != nil && f.Code == fault.Malformed {
		return &Outcome{Setback: Refused}, nil
	}
	if err != nil {
		return nil, err
	}
	var out *Outcome
	err = conflict.Retry(ctx, func() error {
		out, err = o.decide(ctx, caller, e, said, from, ip)
		return err
	})
	if err == nil && out.Opened != nil {
		identity.Replace(ctx, o.Store, old)
	}
	return out, err
}

// refusedThere is what becomes of an answer that says that the provider has signed nobody in; nil for another one.
func refusedThere(a Answer) *Outcome {
	switch a.Error {
	case "":
		return nil
	case "access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required":
		return &Outcome{Setback: Canceled}
	case "server_error", "temporarily_unavailable":
		return &Outcome{Setback: Unavailable}
	}
	return &Outcome{Setback: Refused}
}

func (o *Offices) decide(ctx context.Context, caller identity.Caller, e *identity.Errand, said *identity.Assertion,
	from identity.Browser, ip string) (*Outcome, error) {
	a, err := offering(ctx, o.Store, e.Provider.Agency()) // the agency first, so that a change of its people is noticed
	if fault.Is(err, fault.NotFound) || err == nil && (a.SignIn.Version != e.Registered || a.SignIn.Issuer != said.Issuer) {
		return nil, fault.New(fault.Malformed, "errors.errand_unknown")
	}
	if err != nil {
		return nil, err
	}
	people, err := o.Store.People(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	now := o.Now().Truncate(time.Millisecond)
	known := people.ByAccount(said.Issuer, said.Subject)
	if e.Session != "" {
		return o.step(ctx, caller, e, known, said)
	}
	if m := known; m != nil {
		return o.open(ctx, a, m, said, nil, from, ip, now)
	}
	address, err := email.Parse("email", said.Email)
	if err != nil {
		return &Outcome{Setback: NoAddress}, nil //nolint:nilerr // an address that is none is no address
	}
	m := people.ByEmail(address)
	if m == nil {
		return &Outcome{Setback: NotMember}, nil
	}
	vouched := said.Verified && m.Account.Issuer != said.Issuer
	if vouched {
		if vouched, err = o.Store.Holds(ctx, a.ID, address.Domain()); err != nil {
			return nil, err
		}
	}
	if !vouched {
		return &Outcome{Ask: &Asking{To: address, Link: said.Link(now)}}, nil
	}
	return o.open(ctx, a, m, said, officeLinking(a, people, m, said.Issuer, said.Subject, from.Device, now), from, ip, now)
}

// open signs the member in, for the agency's office alone.
func (o *Offices) open(ctx context.Context, a *agency.Agency, m *agency.Member, said *identity.Assertion, change *identity.OfficeChange,
	from identity.Browser, ip string, now time.Time) (*Outcome, error) {
	var x identity.Opened
	x.Cookie, x.Session = identity.NewOfficeSession(a, m, from, ip, said.Proves(now), now)
	x.Known = o.Seals.Meet(from.Known, m.Email, now)
	return &Outcome{Opened: &x}, o.Store.OpenOffice(ctx, x.Session, change)
}

// officeLinking is the change by which the account signs the member in at its agency from now on. The member is told. Where it takes
// the place of another account of the same provider's, the agency's owners are told as well, and its log has it.
func officeLinking(a *agency.Agency, people agency.Members, m *agency.Member, issuer, subject, device string, now time.Time,
) *identity.OfficeChange {
	c := &identity.OfficeChange{Agency: a.ID, Staff: a.Staff, Registered: a.SignIn.Version, Member: m.ID,
		Account: agency.Account{Issuer: issuer, Subject: subject, At: now}}
	told := identity.Told{Provider: a.SignIn.Name, Agency: a.Name, Device: device}
	what := identity.OfficeLinked
	if m.Account.Issuer == issuer {
		what = identity.OfficeReplaced
		c.Rows = append(c.Rows, identity.AgencyRow{Agency: a.ID, Row: audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now,
			Actor: string(m.ID), Action: audit.SignInReplaced, Subject: string(m.ID), Detail: a.SignIn.Name}})
		for _, tell := range identity.TellOwners(people, identity.LinkOfOther,
			identity.Told{Provider: a.SignIn.Name, Person: m.Email, Agency: a.Name}, now, newJob) {
			if tell.Email != m.Email {
				c.Tells = append(c.Tells, tell)
			}
		}
	}
	c.Tells = append(c.Tells, identity.Tell(id.UserOf(m.Email), m.Email, what, told, now, newJob()))
	return c
}

func newJob() string { return ulid.Make().String() }

// OfficeWay is an agency's own way in.
type OfficeWay struct {
	Agency   *agency.Agency
	Provider string // as its people know it
}

// OfficeFindStore is what finding an agency's own way in needs.
type OfficeFindStore interface {
	OfficePeople
	// Holder is the agency that has proven that the domain is its own; "" for nobody's.
	Holder(ctx context.Context, domain string) (id.Agency, error)
	// Memberships lists where the person works or is a client.
	Memberships(ctx context.Context, user id.User) ([]identity.Membership, error)
	// Member reads a member of the agency as it is now.
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
}

// OfficeFinder finds the ways in that agencies have of their own.
type OfficeFinder struct {
	Store OfficeFindStore
}

// At is the agency's own way in. Faults: [fault.NotFound] for an agency that has none, or is none.
func (f *OfficeFinder) At(ctx context.Context, which id.Agency) (*OfficeWay, error) {
	a, err := offering(ctx, f.Store, which)
	if err != nil {
		return nil, err
	}
	return &OfficeWay{a, a.SignIn.Name}, nil
}

// For is the way in of the agency that demands it of its people, and that has proven that the address's domain is its own; nil for none.
// It is the same for all addresses of a domain, so that it does not tell who works there.
func (f *OfficeFinder) For(ctx context.Context, of email.Address) (*OfficeWay, error) {
	which, err := f.Store.Holder(ctx, of.Domain())
	if err != nil || which == "" {
		return nil, err
	}
	a, err := offering(ctx, f.Store, which)
	if fault.Is(err, fault.NotFound) || err == nil && !a.DemandsSignIn() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &OfficeWay{a, a.SignIn.Name}, nil
}

// Owner tells whether the caller is an owner of the agency.
func (f *OfficeFinder) Owner(ctx context.Context, caller identity.Caller, of id.Agency) (bool, error) {
	if caller.MustSignIn() != nil {
		return false, nil //nolint:nilerr // who is not signed in is no owner
	}
	m, err := memberAt(ctx, f.Store, caller, of)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && m.Level == agency.Owner, err
}

// memberAt is what the caller is at an agency. Faults: [fault.NotFound] for who does not work there.
func memberAt(ctx context.Context, store interface {
	Memberships(ctx context.Context, user id.User) ([]identity.Membership, error)
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
}, caller identity.Caller, at id.Agency) (*agency.Member, error) {
	all, err := store.Memberships(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.Agency == at && p.Member != "" {
			return store.Member(ctx, at, p.Member)
		}
	}
	return nil, fault.New(fault.NotFound, "errors.you_work_at_no_such_agency")
}
