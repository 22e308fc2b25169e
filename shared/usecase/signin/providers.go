package signin

import (
	"context"
	"errors"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
)

// ProviderStore is what signing in by providers needs. Reads of what is not there return a fault with code [fault.NotFound].
type ProviderStore interface {
	identity.Allower
	// Spend writes that what an errand is named by is over, and is kept until then; [conflict.ErrChanged] when it was before.
	Spend(ctx context.Context, spent string, until time.Time) error
	// Linked reads whom the account with a subject at an issuer signs in.
	Linked(ctx context.Context, issuer, subject string) (id.User, email.Address, error)
	identity.Acquaintances
	// Memberships lists where the person works or is a client.
	Memberships(ctx context.Context, user id.User) ([]identity.Membership, error)
	LinkedStore
	// OpenByLink writes, in one transaction, the new session, the person, who exists from the first sign-in on, and a change of the
	// accounts that sign it in, nil for none, when the stored version of those is still what was read; else [conflict.ErrChanged].
	OpenByLink(ctx context.Context, s *identity.Session, change *identity.LinkChange) error
	// SaveLinks writes a change of the accounts that sign the person with the address in, as OpenByLink does.
	SaveLinks(ctx context.Context, of email.Address, change *identity.LinkChange) error
	// ProveAt writes that the session's person has proved at a time to be who it is; [conflict.ErrChanged] when the session has ended.
	ProveAt(ctx context.Context, user id.User, session string, at time.Time) error
	// EndSession deletes the session, if it is the one with the hash.
	EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error
}

// LinkedStore is what a change of the accounts at providers that sign a person in is made from.
type LinkedStore interface {
	// Links reads the accounts at providers that sign the person in, as they are now; a person without any has the zero ones.
	Links(ctx context.Context, user id.User) (*identity.Links, error)
	// Agency reads an agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// People lists the agency's members as they are now.
	People(ctx context.Context, agency id.Agency) (agency.Members, error)
}

// Provider is asked who somebody is.
type Provider interface {
	// Begin returns where the browser goes. Faults: [fault.Unavailable] for a provider that does not answer.
	Begin(ctx context.Context, e *identity.Errand) (string, error)
	// Finish exchanges what the browser has brought back for what the provider says of the person. Faults: [fault.Unavailable] for a
	// provider that does not answer; [fault.Malformed] for one that says what cannot be relied on.
	Finish(ctx context.Context, e *identity.Errand, code, issuer string) (*identity.Assertion, error)
}

// Answer is what a browser brings back from a provider.
type Answer struct {
	State  string
	Code   string
	Error  string // of OAuth 2.0, such as "access_denied"; "" for none
	Issuer string // which the provider may say beside it (RFC 9207)
}

// Setback says why somebody who comes back from a provider is not signed in, and has another way on.
type Setback string

// The setbacks.
const (
	Canceled     Setback = "canceled"      // by the person, there
	Unavailable  Setback = "unavailable"   // the provider does not answer
	Refused      Setback = "refused"       // what it says cannot be relied on
	NoAddress    Setback = "no_address"    // it has told no address
	Nobody       Setback = "nobody"        // there is no account and no invitation for the address
	OtherAddress Setback = "other_address" // the invitation is for another one
	Taken        Setback = "taken"         // the account signs in somebody else
	Full         Setback = "full"          // no further account can be connected
	NotYou       Setback = "not_you"       // somebody else is signed in by now, or nobody
	NotYours     Setback = "not_yours"     // the account is none of the person who has to prove again to be who it is
	NotFresh     Setback = "not_fresh"     // the provider does not say that the person has just proved to be who it is
	TooMany      Setback = "too_many"      // a code has to prove the address, and none can be mailed now
)

// Outcome is what has become of an errand: somebody is signed in, or a code is to be asked for, or there was a setback, or an account
// signs in from now on, or somebody has proved again to be who it is.
type Outcome struct {
	Opened  *identity.Opened
	Ask     *Asking
	Setback Setback
	Linked  bool
	Stepped bool // the session's person has proved again to be who it is
}

// Toward is where somebody goes who comes back from a provider, as far as it lets in who is not known yet.
type Toward struct {
	Invited email.Address // whom the invitation is for that the person comes from; "" for none
	Open    bool          // whether it comes from a link by which people join
}

// Asking is a code that has to prove that the address is the person's, since the provider's word is not enough.
type Asking struct {
	To   email.Address
	Link identity.Link // what signs in from then on
}

// Limits per IP address, on what asks providers.
const (
	errandsPerIP = 60
)

// Providers signs people in by accounts that they have elsewhere, with OpenID Connect.
type Providers struct {
	Store    ProviderStore
	Provider Provider
	// Waits tells whether invitations wait for the address of somebody who is not known yet.
	Waits func(ctx context.Context, who identity.Caller) (bool, error)
	Seals identity.Seals
	Now   func() time.Time
}

// Begin returns where the browser goes to sign in by the provider, and what it keeps meanwhile. With links the account is to sign in
// the caller from then on. Faults: [fault.RateLimited]; [fault.Unavailable]; with links [fault.Unauthenticated] and
// [fault.StepUpRequired].
func (p *Providers) Begin(
	ctx context.Context, caller identity.Caller, to identity.ProviderID, next string, links bool, ip string,
) (path, sealed string, err error) {
	var who id.User
	if links {
		if err := mayLink(caller, p.Now()); err != nil {
			return "", "", err
		}
		who = caller.User
	}
	if err := identity.AllowNetwork(ctx, p.Store, "errand-ip", ip, errandsPerIP, p.Now()); err != nil {
		return "", "", err
	}
	e := identity.NewErrand(to, next, who, p.Now())
	path, err = p.Provider.Begin(ctx, e)
	return path, p.Seals.SealErrand(e), err
}

// Errand is the one that the browser comes back from. Faults: [fault.Malformed] for none, and for one that took too long.
func (p *Providers) Errand(sealed string, from identity.ProviderID, state string) (*identity.Errand, error) {
	e, ok := p.Seals.OpenErrand(sealed, from, state, p.Now())
	if !ok {
		return nil, fault.New(fault.Malformed, "errors.errand_unknown")
	}
	return e, nil
}

// Finish ends an errand, which leads on toward something. An account that is linked
// signs in whom it is linked with, whatever address the provider tells. Any other one is known by its address: where the provider's
// word for that is enough, it signs in and is linked; where it is not, or another account at the same provider is linked, a code
// has to prove the address first. A session that came with the request ends.
//
// Faults: [fault.Malformed] for an errand that is over already; [fault.RateLimited].
func (p *Providers) Finish(ctx context.Context, caller identity.Caller, e *identity.Errand, a Answer, to Toward,
	from identity.Browser, ip, old string) (*Outcome, error) {
	if err := identity.AllowNetwork(ctx, p.Store, "guess-ip", ip, guessesPerIP, p.Now()); err != nil {
		return nil, err
	}
	if err := p.Store.Spend(ctx, e.Spent(), e.At.Add(2*identity.ErrandFor)); errors.Is(err, conflict.ErrChanged) {
		return nil, fault.New(fault.Malformed, "errors.errand_unknown")
	} else if err != nil {
		return nil, err
	}
	if out := refusedThere(a); out != nil {
		return out, nil
	}
	said, err := p.Provider.Finish(ctx, e, a.Code, a.Issuer)
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
		out, err = p.decide(ctx, caller, e, said, to, from, ip)
		return err
	})
	if err == nil && out.Opened != nil {
		identity.Replace(ctx, p.Store, old)
	}
	return out, err
}

// decide says what becomes of somebody of whom the provider has said who it is.
func (p *Providers) decide(ctx context.Context, caller identity.Caller, e *identity.Errand, said *identity.Assertion,
	to Toward, from identity.Browser, ip string) (*Outcome, error) {
	invited := to.Invited
	user, address, err := p.Store.Linked(ctx, said.Issuer, said.Subject)
	known := err == nil
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if e.Session != "" {
		return p.step(ctx, caller, e, said, known, user)
	}
	if e.Links != "" {
		return p.link(ctx, caller, e, said, known, user, from)
	}
	if known {
		places, err := p.Store.Memberships(ctx, user)
		if err != nil {
			return nil, err
		}
		return p.open(ctx, user, address, places, said, nil, from, ip)
	}
	address, err = email.Parse("email", said.Email)
	if err != nil {
		return &Outcome{Setback: NoAddress}, nil //nolint:nilerr // an address that is none is no address
	}
	user = id.UserOf(address)
	if invited != "" && invited != address && !said.Vouches(address) {
		return &Outcome{Setback: OtherAddress}, nil
	}
	links, err := p.Store.Links(ctx, user)
	if err != nil {
		return nil, err
	}
	if !said.Vouches(address) || links.Of(said.Issuer) != nil {
		if invited != "" && invited != address {
			return &Outcome{Setback: OtherAddress}, nil
		}
		return &Outcome{Ask: &Asking{To: address, Link: said.Link(p.Now())}}, nil
	}
	before, err := p.Store.Known(ctx, user)
	if err != nil {
		return nil, err
	}
	places, err := p.Store.Memberships(ctx, user)
	if err != nil {
		return nil, err
	}
	if !before && len(places) == 0 && invited != address && !to.Open {
		waits, err := p.Waits(ctx, identity.Caller{User: user, Email: address})
		switch {
		case err != nil:
			return nil, err
		case !waits && invited != "":
			return &Outcome{Setback: OtherAddress}, nil
		case !waits:
			return &Outcome{Setback: Nobody}, nil
		}
	}
	change, err := linking(ctx, p.Store, links, address, places, said.Link(p.Now()), from.Device, before, p.Now())
	if fault.Is(err, fault.Full) || fault.Is(err, fault.RateLimited) { // it signs in all the same
		change, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.open(ctx, user, address, places, said, change, from, ip)
}

// open signs the person in.
func (p *Providers) open(ctx context.Context, user id.User, address email.Address, places []identity.Membership,
	said *identity.Assertion, change *identity.LinkChange, from identity.Browser, ip string) (*Outcome, error) {
	now := p.Now().Truncate(time.Millisecond)
	var o identity.Opened
	o.Cookie, o.Session = identity.NewSession(user, address, places,
		identity.Proof{Way: identity.Provider, Provider: said.Provider.ID, Issuer: said.Issuer, Device: from.Device,
			Network: identity.NetworkOf(ip)}, now)
	o.Session.ProvedAt = said.Proves(now)
	o.Known = p.Seals.Meet(from.Known, address, now)
	if !change.TellsOfItself() {
		var err error
		if o.Session.News, err = p.Seals.Greet(ctx, p.Store, o.Session, from, now); err != nil {
			return nil, err
		}
	}
	return &Outcome{Opened: &o}, p.Store.OpenByLink(ctx, o.Session, change)
}

// link has the account sign the caller in from now on, who has asked for it.
func (p *Providers) link(ctx context.Context, caller identity.Caller, e *identity.Errand, said *identity.Assertion, known bool,
	of id.User, from identity.Browser) (*Outcome, error) {
	if caller.User != e.Links || mayLink(caller, p.Now().Add(-identity.ErrandFor)) != nil { // who was fresh when the errand began
		return &Outcome{Setback: NotYou}, nil //nolint:nilerr // the setback says so
	}
	if known && of != caller.User {
		return &Outcome{Setback: Taken}, nil
	}
	links, err := p.Store.Links(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	places, err := p.Store.Memberships(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	change, err := linking(ctx, p.Store, links, caller.Email, places, said.Link(p.Now()), from.Device, true, p.Now())
	if fault.Is(err, fault.Full) {
		return &Outcome{Setback: Full}, nil
	}
	if err != nil || change == nil {
		return &Outcome{Linked: true}, err
	}
	return &Outcome{Linked: true}, p.Store.SaveLinks(ctx, caller.Email, change)
}
